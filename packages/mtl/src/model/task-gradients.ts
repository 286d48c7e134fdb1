import { sizeOf } from "@polypilot/core";
import type { OwnedParameter, ParameterSet } from "../parameter-set.js";
import type { GradientsOf, Weighted } from "./backward.js";

/** Gradients by parameter name; a parameter that the loss does not reach is absent. */
export type Gradients = Record<string, Float32Array>;

/** A frozen parameter: one whose learning rate is 0. It has no gradient, so that clipping and weightings look past it too. */
const isTrained = ({ rateFactor }: OwnedParameter) => rateFactor !== 0;

/** Gradients of Σ weight·loss in all parameters that are not frozen. */
export function gradientsIn(parameters: ParameterSet, sum: readonly Weighted[], of: GradientsOf): Gradients {
  const specs = parameters.specs.filter(isTrained);
  const tensors = of(
    sum,
    specs.map((spec) => parameters.lookup(spec.name)),
  );
  return Object.fromEntries(
    specs.flatMap(({ name }, i) => {
      const tensor = tensors[i];
      return tensor ? [[name, tensor.dataSync() as Float32Array] as const] : [];
    }),
  );
}

/** The sum of both, parameter by parameter. */
export function addGradients(a: Gradients, b: Gradients): Gradients {
  const sum = { ...a };
  for (const [name, gradient] of Object.entries(b)) {
    const before = sum[name];
    sum[name] = before ? before.map((g, i) => g + gradient[i]!) : gradient;
  }
  return sum;
}

/** The parameters that several tasks train, in order; without frozen ones. */
export function sharedSpecs(parameters: ParameterSet): OwnedParameter[] {
  return parameters.specs.filter((spec) => spec.owner === "shared" && isTrained(spec));
}

/** The parameters that are trained, in order. */
export function trainedSpecs(parameters: ParameterSet): OwnedParameter[] {
  return parameters.specs.filter(isTrained);
}

/** The parameters that one task alone trains, in order; without frozen ones. */
export function ownSpecs(parameters: ParameterSet): OwnedParameter[] {
  return parameters.specs.filter((spec) => spec.owner !== "shared" && isTrained(spec));
}

/** One task's gradient in the shared parameters, side by side in their order; zeros where it does not reach. */
export function sharedRow(specs: readonly OwnedParameter[], gradients: Gradients): Float32Array {
  const row = new Float32Array(specs.reduce((sum, spec) => sum + sizeOf(spec.shape), 0));
  let offset = 0;
  for (const { name, shape } of specs) {
    const gradient = gradients[name];
    if (gradient) row.set(gradient, offset);
    offset += sizeOf(shape);
  }
  return row;
}

/** So many numbers of a row from `start` on, as they go into a tensor. */
export function partOf(row: ArrayLike<number>, start: number, length: number): Float32Array {
  const part = new Float32Array(length);
  for (let i = 0; i < length; i += 1) part[i] = row[start + i]!;
  return part;
}

/** The gradients of the shared parameters from one direction; the inverse of `sharedRow`. */
export function fromSharedRow(specs: readonly OwnedParameter[], row: ArrayLike<number>): Gradients {
  let offset = 0;
  return Object.fromEntries(
    specs.map(({ name, shape }) => {
      const start = offset;
      offset += sizeOf(shape);
      return [name, partOf(row, start, offset - start)];
    }),
  );
}

/** What a method on gradients is told of a batch, and what becomes of its answer. */
export interface TaskGradients {
  /** By task, the gradients that are its own head's alone. */
  readonly own: readonly Gradients[];
  /** A row a task; zeros for a task without label. */
  readonly jacobian: readonly Float32Array[];
  /** The shared parameters' gradients that a direction among the rows stands for. */
  readonly toShared: (direction: ArrayLike<number>) => Gradients;
}
