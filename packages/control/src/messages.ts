import {
  type Command,
  type Contract,
  type HeadOutput,
  type HeadPrediction,
  type Nanoseconds,
  type Prediction,
  type StreamHealth,
  toRosTime,
} from "@polypilot/core";
import type { Executed } from "./executed.js";
import type { LateRefusal } from "./later-feature.js";
import type { GateOutput } from "./safety-gate.js";

/** Where every control period is told, for recorder, report and replay. */
export const COMMAND_TOPIC = "/polypilot/command";
/** Where every answer of the model is told. */
export const PREDICTION_TOPIC = "/polypilot/prediction";

/** `source` of polypilot_msgs/msg/Command. */
export const commandSources = { policy: 0, person: 1, safety: 2 } as const;

/** What one inference was given and what came of it. */
export interface Inference {
  readonly seq: bigint;
  /** The reference stream's stamp. */
  readonly stampNs: Nanoseconds;
  readonly startedNs: Nanoseconds;
  readonly finishedNs: Nanoseconds;
  /** Stamp of each stream's sample in the set. */
  readonly stampsNs: Readonly<Record<string, Nanoseconds>>;
  /** Empty if the model answered. */
  readonly error: string;
  readonly heads: Readonly<Record<string, HeadPrediction>>;
  /** Messages of the set that could not be decoded, so that the model was not asked. */
  readonly refused?: readonly LateRefusal[];
  /** Streams whose message of this set was decoded for it. */
  readonly decoded?: readonly string[];
}

/** Stamp, age and drops of each stream, in the contract's order. */
export function streamHealths(
  contract: Contract,
  stampsNs: Readonly<Record<string, Nanoseconds | undefined>>,
  drops: (stream: string) => number,
  nowNs: Nanoseconds,
): StreamHealth[] {
  return Object.keys(contract.streams).map((stream) => {
    const stampNs = stampsNs[stream];
    return {
      stream,
      stamp: toRosTime(stampNs ?? 0n),
      age_ns: stampNs === undefined ? -1n : nowNs - stampNs,
      dropped: drops(stream),
    };
  });
}

/** The message about one control period. */
export function commandMessage(
  nowNs: Nanoseconds,
  commanded: { readonly steeringRad: number; readonly speedMps: number },
  {
    limited,
    source,
    reason,
  }: Pick<GateOutput, "limited" | "reason"> & { readonly source: keyof typeof commandSources },
  executed: Executed,
  from: { readonly seq: bigint; readonly streams: readonly StreamHealth[] },
): Command {
  return {
    header: { stamp: toRosTime(nowNs), frame_id: "base_link" },
    source: commandSources[source],
    reason,
    commanded_steering_rad: commanded.steeringRad,
    commanded_speed_mps: commanded.speedMps,
    limited_steering_rad: limited.steeringRad,
    limited_speed_mps: limited.speedMps,
    executed_steering_rad: executed.steeringRad,
    executed_speed_mps: executed.speedMps,
    prediction_seq: from.seq,
    streams: from.streams,
  };
}

/** The message about one inference; heads that answer with images or masks are left out. */
export function predictionMessage(
  contract: Contract,
  inference: Inference,
  drops: (stream: string) => number,
): Prediction {
  const heads: HeadOutput[] = [];
  for (const [head, { mean, sigma }] of Object.entries(inference.heads)) {
    const { kind, unit } = contract.heads[head] ?? { kind: "regression", unit: "" };
    if (kind !== "segmentation" && kind !== "reconstruction") heads.push({ head, unit, mean, sigma });
  }
  return {
    header: { stamp: toRosTime(inference.stampNs), frame_id: "base_link" },
    seq: inference.seq,
    started: toRosTime(inference.startedNs),
    finished: toRosTime(inference.finishedNs),
    error: inference.error,
    heads,
    streams: streamHealths(contract, inference.stampsNs, drops, inference.finishedNs),
  };
}
