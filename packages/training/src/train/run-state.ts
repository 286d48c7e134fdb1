import type { AdamState, Json, MultiTaskModel } from "@polypilot/mtl";
import { noState, type ParadigmState } from "../paradigms/paradigm.js";
import type { EpochSums, HistoryEntry } from "./history.js";
import { noSteps } from "./history.js";
import type { Turn } from "./schedule/turn.js";
import { noSnapshots, type Snapshots } from "./snapshots.js";
import { readStateFile, writeStateFile } from "./state-file.js";
import type { Weights } from "./weight-average.js";

/** Where a run stands, apart from the model's weights and its optimiser. A value: each step makes a new one. */
export interface RunState {
  /** The epoch at hand; epochs done before it. */
  readonly epoch: number;
  /** Steps done in all. */
  readonly step: number;
  /** Of the epoch at hand. */
  readonly sums: EpochSums;
  readonly weighting: Json;
  readonly history: readonly HistoryEntry[];
  readonly snapshots: Snapshots;
  /** Running average of the weights. */
  readonly average: Weights | undefined;
  /** Where heads are trained one after the other: whose turn the last step belonged to. */
  readonly turn: Turn | null;
  /** What the run's paradigm remembers. */
  readonly paradigm: ParadigmState;
  /** Why training is over; null while it is not. */
  readonly ended: "epochs" | "patience" | null;
  /** Time spent on training so far. */
  readonly trainedSec: number;
}

/** The state of a run that has not begun. */
export function firstState(model: MultiTaskModel): RunState {
  return {
    epoch: 0,
    step: 0,
    sums: noSteps,
    weighting: model.initialWeighting(),
    history: [],
    snapshots: noSnapshots,
    average: undefined,
    turn: null,
    paradigm: noState,
    ended: null,
    trainedSec: 0,
  };
}

/** What the file's JSON holds. */
interface Stored {
  /** What the run was made from: a resumed run must be made from the same. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly run: Omit<RunState, "snapshots" | "average" | "turn" | "paradigm"> & {
    readonly paradigm: ParadigmState["value"];
    readonly best: Snapshots["best"];
    readonly deployed: { readonly epoch: number; readonly loss: number | null };
    readonly snapshotEpochs: readonly number[];
    readonly hasAverage: boolean;
    readonly turn: { readonly head: string; readonly strength: number | null } | null;
  };
  readonly steps: AdamState["steps"];
}

/** Named arrays under a common prefix, as a state file holds several sets of them. */
export const prefixed = (prefix: string, arrays: Weights) =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${prefix}:${name}`, array]));

/** The set that was filed under a prefix. */
export function unprefixed(prefix: string, arrays: Weights): Record<string, Float32Array> {
  const mine = Object.entries(arrays).filter(([name]) => name.startsWith(`${prefix}:`));
  return Object.fromEntries(mine.map(([name, array]) => [name.slice(prefix.length + 1), array]));
}

/** Writes the whole of a run: model, optimiser and state, in one file that is always whole. */
export async function saveRun(
  path: string,
  identity: Stored["identity"],
  model: MultiTaskModel,
  state: RunState,
): Promise<void> {
  const { snapshots, average, turn, paradigm, ...rest } = state;
  const optimiser = model.getOptimiser();
  const { epoch, loss } = snapshots.deployed;
  const run: Stored["run"] = {
    ...rest,
    best: snapshots.best,
    deployed: { epoch, loss: Number.isFinite(loss) ? loss : null },
    snapshotEpochs: [...snapshots.weights.keys()],
    hasAverage: average !== undefined,
    paradigm: paradigm.value,
    turn: turn && { head: turn.head, strength: turn.anchor?.strength ?? null },
  };
  const kept = [...snapshots.weights].map(([at, weights]) => prefixed(`snapshot${at}`, weights));
  await writeStateFile(path, {
    value: { identity, run, steps: optimiser.steps } satisfies Stored,
    arrays: Object.assign(
      {},
      prefixed("weights", model.getWeights()),
      prefixed("mean", optimiser.mean),
      prefixed("square", optimiser.square),
      average ? prefixed("average", average) : {},
      turn?.anchor ? prefixed("held", turn.anchor.weights) : {},
      prefixed("paradigm", paradigm.arrays),
      ...kept,
    ) as Record<string, Float32Array>,
  });
}

/** What `loadRun` finds. */
export interface LoadedRun {
  readonly identity: Stored["identity"];
  readonly state: RunState;
  /** Gives a model the run's weights and optimiser. */
  readonly restore: (model: MultiTaskModel) => void;
}

/** Reads what `saveRun` wrote. @throws PolypilotError `TRAINING_STATE` if the file is damaged. */
export async function loadRun(path: string): Promise<LoadedRun> {
  const { value, arrays } = await readStateFile(path);
  const { identity, run, steps } = value as Stored;
  const { best, deployed, snapshotEpochs, hasAverage, turn, paradigm, ...rest } = run;
  const held = unprefixed("held", arrays);
  const anchorOf = (strength: number | null) => (strength === null ? null : { weights: held, strength });
  const snapshots: Snapshots = {
    best,
    deployed: { epoch: deployed.epoch, loss: deployed.loss ?? Number.POSITIVE_INFINITY },
    weights: new Map(snapshotEpochs.map((epoch) => [epoch, unprefixed(`snapshot${epoch}`, arrays)])),
  };
  return {
    identity,
    state: {
      ...rest,
      snapshots,
      average: hasAverage ? unprefixed("average", arrays) : undefined,
      paradigm: { value: paradigm ?? null, arrays: unprefixed("paradigm", arrays) },
      turn: turn ? { head: turn.head, anchor: anchorOf(turn.strength) } : null,
    },
    restore: (model) => {
      model.setWeights(unprefixed("weights", arrays));
      model.setOptimiser({ mean: unprefixed("mean", arrays), square: unprefixed("square", arrays), steps });
    },
  };
}
