import type { Nanoseconds } from "./time.js";

/** How a piece of work ended. */
export type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: unknown };

/**
 * The time that everything in one run shares: the wall's, a virtual one, or a recording's.
 *
 * Code that asks this clock, and nothing else, for time, timers and the end of slow work runs unchanged and repeatably in all
 * three.
 */
export interface Clock {
  nowNs(): Nanoseconds;
  /** Runs `task` at `atNs`, or as soon as possible if that is past. In virtual time, time stands still until an async task settles. */
  at(atNs: Nanoseconds, task: () => void | Promise<void>): () => void;
  /**
   * Calls `done` when `work` has settled: at that moment on the wall's clock; after `nominalNs` in virtual time, however long
   * it really took; when the recording says so in a replay.
   */
  finish<T>(work: Promise<T>, nominalNs: Nanoseconds, done: (result: Settled<T>) => void): void;
}

/** What became of `work`, never rejecting. */
export function settle<T>(work: Promise<T>): Promise<Settled<T>> {
  return work.then(
    (value) => ({ ok: true, value }) as const,
    (reason: unknown) => ({ ok: false, reason }) as const,
  );
}

/** Calls `tick` at `startNs`, `startNs + periodNs`, … without drift; a late tick does not move the next. Returns the stop. */
export function every(
  clock: Clock,
  periodNs: Nanoseconds,
  startNs: Nanoseconds,
  tick: (atNs: Nanoseconds) => void,
): () => void {
  let next = startNs;
  let cancel = () => {};
  let stopped = false;
  const run = () => {
    if (stopped) return;
    tick(clock.nowNs());
    const late = clock.nowNs() - next;
    next += periodNs * (late < 0n ? 1n : late / periodNs + 1n); // skipped periods are not made up for
    if (!stopped) cancel = clock.at(next, run);
  };
  cancel = clock.at(next, run);
  return () => {
    stopped = true;
    cancel();
  };
}
