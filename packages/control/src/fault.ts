import { type Contract, type Nanoseconds, nsToMs } from "@polypilot/core";
import type { StreamWatch } from "./stream-watch.js";

/** What the newest prediction asks for, and what it was made from. */
export interface Wish {
  readonly steeringRad: number;
  readonly speedMps: number;
  /** Standard deviation of the steering; absent if the head has none. */
  readonly sigmaRad?: number;
  /** Stamp of each stream's sample from which it was made. */
  readonly stampsNs: Readonly<Record<string, Nanoseconds>>;
}

/** What the safety gate is told at one moment. */
export interface GateInput {
  readonly nowNs: Nanoseconds;
  readonly streams: Readonly<Record<string, StreamWatch>>;
  readonly wish?: Wish;
  /** Whether the model's last answers were errors. */
  readonly workerFailed?: boolean;
}

/** Streams that must be fresh for the robot to move: `command.requires`, or every stream with a feature. */
export function requiredStreams(contract: Contract): readonly string[] {
  return contract.command.requires ?? Object.keys(contract.streams).filter((name) => contract.streams[name]!.feature);
}

/**
 * Why the robot must not drive on, in one short word, or nothing.
 *
 * In this order: `worker`, the model failed; for each required stream whose newest usable sample is older than its maximum age
 * `stale:camera`, or what was wrong with the messages since (`wrong_size:camera`, `clock_jump:camera`, `stuck:camera`), or `missing:camera` if
 * there never was one; `missing:prediction`; `stale:prediction` if the streams are fresh but the prediction was made from older
 * samples; `nan`; `sigma`.
 */
export function findFault(contract: Contract, required: readonly string[], input: GateInput): string | undefined {
  if (input.workerFailed) return "worker";
  for (const name of required) {
    const watch = input.streams[name] ?? {};
    if (!isOld(contract, name, watch.newestNs, input.nowNs)) continue;
    return `${watch.bad ?? (watch.newestNs === undefined ? "missing" : "stale")}:${name}`;
  }
  return input.wish ? faultOfWish(contract, input.wish, input.nowNs) : "missing:prediction";
}

function faultOfWish(contract: Contract, wish: Wish, nowNs: Nanoseconds): string | undefined {
  const { sigmaRad } = wish;
  for (const [name, stampNs] of Object.entries(wish.stampsNs))
    if (isOld(contract, name, stampNs, nowNs)) return "stale:prediction";
  if (!Number.isFinite(wish.steeringRad) || !Number.isFinite(wish.speedMps)) return "nan";
  if (sigmaRad !== undefined && !Number.isFinite(sigmaRad)) return "nan";
  const { sigma } = contract.command.steering;
  return sigma && sigmaRad !== undefined && sigmaRad >= sigma.stop_above ? "sigma" : undefined;
}

function isOld(contract: Contract, name: string, stampNs: Nanoseconds | undefined, nowNs: Nanoseconds): boolean {
  return stampNs === undefined || nsToMs(nowNs - stampNs) > contract.streams[name]!.max_age_ms;
}
