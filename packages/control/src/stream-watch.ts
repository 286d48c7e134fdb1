import { type Nanoseconds, nsToMs, type StreamContract } from "@polypilot/core";

/** What is known of one stream. */
export interface StreamWatch {
  /** Stamp of the newest message that could be used. */
  readonly newestNs?: Nanoseconds;
  /** What was wrong with the newest message, other than its age; absent if nothing was. */
  readonly bad?: string;
}

/**
 * Why a message's stamp makes it unusable, or nothing.
 *
 * `clock_jump`: from the future by more than one of the stream's periods, or older than what came before by more than the
 * stream's maximum age. `late`: older than the maximum age when it came. `duplicate`, `out_of_order`: not newer than what came
 * before. Messages that pass have rising stamps, unless this side's own clock jumped back.
 */
export function refuseStamp(
  stream: StreamContract,
  watch: StreamWatch,
  stampNs: Nanoseconds,
  receivedNs: Nanoseconds,
): string | undefined {
  const periodMs = 1000 / stream.rate_hz;
  if (nsToMs(stampNs - receivedNs) > periodMs) return "clock_jump";
  const { newestNs } = watch;
  if (newestNs !== undefined && nsToMs(newestNs - receivedNs) > periodMs) return undefined; // our own clock jumped back
  if (newestNs !== undefined && nsToMs(newestNs - stampNs) > stream.max_age_ms) return "clock_jump";
  if (nsToMs(receivedNs - stampNs) > stream.max_age_ms) return "late";
  if (newestNs === undefined || stampNs > newestNs) return undefined;
  return stampNs === newestNs ? "duplicate" : "out_of_order";
}

/** Reasons that say no more than what a stale stream says: the newest message is an old one. */
export const staleReasons: ReadonlySet<string> = new Set(["duplicate", "out_of_order", "late"]);
