import { type Nanoseconds, nsToMs, type StreamContract } from "@polypilot/core";

/** What is known of one stream. */
export interface StreamWatch {
  /** Stamp of the newest message that could be used. */
  readonly newestNs?: Nanoseconds;
  /** What was wrong with the newest message, other than its age; absent if nothing was. */
  readonly bad?: string;
  /** Of a stream whose messages are decoded later: stamp of the newest message that was let in, and of the newest that was decoded. */
  readonly letInNs?: Nanoseconds;
  readonly provenNs?: Nanoseconds;
  /** Whether the last message that was decoded could not be. */
  readonly doubtful?: boolean;
}

/**
 * A message was let in whose feature is decoded later. It counts as usable, unless the last one that was decoded was not: then it
 * takes one that is.
 */
export function letIn(watch: StreamWatch, stampNs: Nanoseconds): StreamWatch {
  if (watch.doubtful) return { ...watch, letInNs: stampNs };
  const { bad: _, ...rest } = watch;
  return { ...rest, newestNs: stampNs, letInNs: stampNs };
}

/** The message of that stamp has been decoded. */
export function proven(watch: StreamWatch, stampNs: Nanoseconds): StreamWatch {
  if (!watch.doubtful) return { ...watch, provenNs: stampNs };
  const { bad: _, doubtful: __, ...rest } = watch;
  return { ...rest, newestNs: stampNs, provenNs: stampNs };
}

/** A message that was let in could not be decoded: the newest usable one is the newest that was. */
export function disproven({ newestNs: _, ...watch }: StreamWatch, reason: string): StreamWatch {
  const { provenNs } = watch;
  return { ...watch, ...(provenNs !== undefined && { newestNs: provenNs }), bad: reason, doubtful: true };
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
  const newestNs = watch.letInNs ?? watch.newestNs;
  if (newestNs !== undefined && nsToMs(newestNs - receivedNs) > periodMs) return undefined; // our own clock jumped back
  if (newestNs !== undefined && nsToMs(newestNs - stampNs) > stream.max_age_ms) return "clock_jump";
  if (nsToMs(receivedNs - stampNs) > stream.max_age_ms) return "late";
  if (newestNs === undefined || stampNs > newestNs) return undefined;
  return stampNs === newestNs ? "duplicate" : "out_of_order";
}

/** Reasons that say no more than what a stale stream says: the newest message is an old one. */
export const staleReasons: ReadonlySet<string> = new Set(["duplicate", "out_of_order", "late"]);
