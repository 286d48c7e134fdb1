import type * as tf from "@tensorflow/tfjs-core";
import { dense } from "../layers/dense.js";
import { type GateInput, gateInput } from "../layers/gate-input.js";
import { softmaxGate } from "../layers/softmax-gate.js";
import type { Context, Lookup, ParameterSpec } from "../module.js";
import type { OwnedParameter } from "../parameter-set.js";
import type { ArchitectureInput, ArchitectureModule, Representation, RepresentationShape } from "./architecture.js";
import { mix } from "./mix.js";
import { tower } from "./tower.js";

/** How much of what customised gate control has. */
export interface ExtractionSizes {
  readonly levels: number;
  /** Experts at each level that all tasks share. */
  readonly shared: number;
  /** Experts at each level that each task has of its own. */
  readonly own: number;
  /** Numbers in each expert's vector. */
  readonly size: number;
}

type Features = Readonly<Record<string, tf.Tensor>>;

/** What a part, a task or the shared one, has at a level; `seen` is what its next gate looks at. */
interface State {
  readonly representation: Representation | null;
  readonly seen: tf.Tensor2D;
}

interface Expert {
  readonly parameters: readonly ParameterSpec[];
  readonly apply: (p: Lookup, features: Features, below: State, context: Context) => Representation;
}

/** Tasks by name; the shared part is the empty name, which no task has. */
const SHARED = "";

/** At the first level a net from the streams; above, a fully connected layer on the vector, which lets the maps pass. */
function expertOf(input: ArchitectureInput, level: number, name: string, size: number): Expert {
  if (level === 1) {
    const { parameters, apply } = tower(input, name, size);
    return { parameters, apply: (p, features, _, context) => apply(p, features, context) };
  }
  const layer = dense(`${name}dense`, size, size, { activation: "relu" });
  return {
    parameters: layer.parameters,
    apply: (p, _, below, context) => ({
      vector: layer.apply(p, below.representation!.vector, context),
      get maps() {
        return below.representation!.maps;
      },
    }),
  };
}

/** One level: experts by part, and a gate for each part that is read above. */
function buildLevel(input: ArchitectureInput, level: number, sizes: ExtractionSizes, seenSize: number) {
  const all = input.contractTasks ?? input.tasks;
  const { levels, size } = sizes;
  const several = (count: number, name: string) =>
    Array.from({ length: count }, (_, i) => expertOf(input, level, `${name}/expert${i + 1}/`, size));
  const owned = level < levels ? all : input.tasks;
  const experts = new Map<string, Expert[]>([
    [SHARED, several(sizes.shared, `level${level}/shared`)],
    ...owned.map((task) => [task, several(sizes.own, `level${level}/own/${task}`)] as const),
  ]);
  const readAbove = level < levels - 1 ? all : input.tasks;
  const parts = level < levels ? [SHARED, ...readAbove] : readAbove;
  const gates = parts.map((part) => {
    const read = part === SHARED ? [...experts.keys()] : [part, SHARED];
    const count = read.reduce((sum, key) => sum + experts.get(key)!.length, 0);
    const name = part === SHARED ? `level${level}/shared/gate` : `level${level}/own/${part}/gate`;
    return { part, read, gate: softmaxGate(name, seenSize, count) };
  });
  const ownerOf = (part: string, lastShared: number) =>
    part === SHARED || level <= lastShared ? ("shared" as const) : { head: part };
  const parameters: OwnedParameter[] = [
    ...[...experts].flatMap(([part, list]) =>
      list.flatMap((e) => e.parameters.map((spec) => ({ ...spec, owner: ownerOf(part, levels - 1) }))),
    ),
    ...gates.flatMap(({ part, gate }) =>
      gate.parameters.map((spec) => ({ ...spec, owner: ownerOf(part, levels - 2) })),
    ),
  ];
  const apply = (p: Lookup, features: Features, below: ReadonlyMap<string, State>, context: Context) => {
    const answers = new Map(
      [...experts].map(([part, list]) => [part, list.map((e) => e.apply(p, features, below.get(part)!, context))]),
    );
    return new Map(
      gates.map(({ part, read, gate }): [string, State] => {
        const weights = gate.apply(p, below.get(part)!.seen, context);
        const representation = mix(
          read.flatMap((key) => answers.get(key)!),
          weights,
        );
        return [part, { representation, seen: representation.vector }];
      }),
    );
  };
  return { parameters, apply };
}

function firstLook(input: ArchitectureInput, size: number): { seen: GateInput; shape: RepresentationShape } {
  const { encoders, shape } = tower(input, "", size);
  return { seen: gateInput(encoders), shape };
}

/**
 * Customised gate control at one or more levels: shared experts, and experts that only their own task's gate reads.
 *
 * Below the last level a further gate mixes all experts, the tasks' own too, for the next level's shared experts.
 */
export function extraction(input: ArchitectureInput, sizes: ExtractionSizes): ArchitectureModule {
  const { seen, shape } = firstLook(input, sizes.size);
  const levels = Array.from({ length: sizes.levels }, (_, i) =>
    buildLevel(input, i + 1, sizes, i === 0 ? seen.size : sizes.size),
  );
  const parts = [SHARED, ...(input.contractTasks ?? input.tasks)];
  return {
    parameters: levels.flatMap((level) => level.parameters),
    shapes: Object.fromEntries(input.tasks.map((task) => [task, shape])),
    apply: (p, features, context) => {
      const start: State = { representation: null, seen: seen.apply(features) };
      let states: ReadonlyMap<string, State> = new Map(parts.map((part) => [part, start]));
      for (const level of levels) states = level.apply(p, features, states, context);
      return Object.fromEntries(input.tasks.map((task) => [task, states.get(task)!.representation!]));
    },
  };
}
