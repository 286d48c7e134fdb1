import { PolypilotError, sizeOf } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Representation } from "../architectures/architecture.js";
import type { Context } from "../module.js";
import type { ParameterSet } from "../parameter-set.js";
import type { GradientsFrom, GradientsOf } from "./backward.js";
import { type Gradients, ownSpecs, partOf, sharedSpecs, type TaskGradients } from "./task-gradients.js";

/** The representation z that all tasks read, on the tape. */
export interface TapedRepresentation {
  /** Its parts: the vector, then the streams' maps. */
  readonly tensors: readonly tf.Tensor[];
  readonly gradientsFrom: GradientsFrom;
}

const partsOf = ({ vector, maps }: Representation): tf.Tensor[] => [vector, ...Object.values(maps).flat()];

function copied({ vector, maps }: Representation): Representation {
  const copies = Object.entries(maps).map(([stream, all]) => [stream, all.map((map) => tf.clone(map))] as const);
  return { vector: tf.clone(vector), maps: Object.fromEntries(copies) };
}

/**
 * A tap that hands all heads one copy of the representation, and notes it: what lies behind the copy is the heads', what lies before
 * it the trunk's.
 *
 * @throws PolypilotError `MTL_REPRESENTATION` where the tasks read different tensors.
 */
export function notedRepresentation(note: (tensors: readonly tf.Tensor[]) => void): NonNullable<Context["tap"]> {
  return (representations) => {
    const [first, ...others] = Object.values(representations);
    const ids = (r: Representation) => partsOf(r).map((tensor) => tensor.id);
    if (!first || others.some((r) => ids(r).join() !== ids(first).join())) {
      throw new PolypilotError("MTL_REPRESENTATION", ["mtl", "training step"], {
        expected: "gradients in the representation need one that all tasks read",
        found: "tasks that read different ones",
        todo: "Write weighting.gradients: parameters",
      });
    }
    const copy = copied(first);
    note(partsOf(copy));
    return Object.fromEntries(Object.keys(representations).map((task) => [task, copy]));
  };
}

const numbersOf = (tensor: tf.Tensor | null | undefined) => tensor?.dataSync() as Float32Array | undefined;

/** Tensors' numbers side by side; zeros for those that are absent. */
function sideBySide(sizes: readonly number[], parts: readonly (tf.Tensor | null | undefined)[]): Float32Array {
  const row = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  sizes.forEach((size, i) => {
    row.set(numbersOf(parts[i]) ?? [], offset);
    offset += size;
  });
  return row;
}

const named = (names: readonly string[], tensors: readonly (tf.Tensor | null)[]): Gradients =>
  Object.fromEntries(names.flatMap((name, i) => (tensors[i] ? [[name, numbersOf(tensors[i])!]] : [])));

/**
 * Each task's gradient in the representation z of the batch, [n · z], and what its head takes.
 *
 * A direction in z goes back through the trunk once: Σ_i d_i ∂z_i/∂θs. Since ‖Σ w_t ∂L_t/∂θs‖ ≤ ‖∂z/∂θs‖ ‖Σ w_t ∂L_t/∂z‖, what is small in
 * z is small in the parameters (the upper bound of MGDA-UB). It costs a backward pass of the heads a task and one of the trunk, in
 * place of one of the whole net a task.
 *
 * @see Sener and Koltun 2018, Multi-Task Learning as Multi-Objective Optimization, arXiv:1810.04650, section 3.3. z holds every
 * sample of the batch, as there; LibMTL's rep_grad gives methods the gradients summed over the samples.
 */
export function representationGradients(
  taped: {
    readonly parameters: ParameterSet;
    readonly losses: readonly (tf.Scalar | null)[];
    readonly gradientsOf: GradientsOf;
  },
  { tensors, gradientsFrom }: TapedRepresentation,
): TaskGradients {
  const { parameters, losses, gradientsOf } = taped;
  const sizes = tensors.map((tensor) => sizeOf(tensor.shape));
  const heads = ownSpecs(parameters).map((spec) => spec.name);
  const own: Gradients[] = [];
  const jacobian = losses.map((loss) => {
    const xs = [...tensors, ...heads.map((name) => parameters.lookup(name))];
    const found = loss ? gradientsOf([{ loss, weight: 1 }], xs) : [];
    own.push(named(heads, found.slice(tensors.length)));
    return sideBySide(sizes, found.slice(0, tensors.length));
  });
  const toShared = (direction: ArrayLike<number>) => {
    let offset = 0;
    const seeds = tensors.map((tensor, i) => {
      const part = partOf(direction, offset, sizes[i]!);
      offset += sizes[i]!;
      return { tensor, gradient: tf.tensor(part, tensor.shape) };
    });
    const trunk = sharedSpecs(parameters).map((spec) => spec.name);
    const found = gradientsFrom(
      seeds,
      trunk.map((name) => parameters.lookup(name)),
    );
    return named(trunk, found);
  };
  return { own, jacobian, toShared };
}
