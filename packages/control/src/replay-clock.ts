import { type Clock, type Nanoseconds, type Settled, settle } from "@polypilot/core";

/** A clock that a recording drives: it stands where it was set, ticks when told, and ends work when told. */
export interface ReplayClock extends Clock {
  set(nowNs: Nanoseconds): void;
  /** Runs the earliest task that waits, as if its time were now; false if none waits. */
  tick(): boolean;
  /** Ends the oldest work in hand, with an error of this text if it is not empty, its own if that says so; false if there is none. */
  complete(error: string): Promise<boolean>;
  /** Forgets all work in hand. */
  abandon(): void;
}

interface Waiting {
  readonly atNs: Nanoseconds;
  readonly task: () => void | Promise<void>;
}

/** A replay clock that stands at `startNs`. */
export function replayClock(startNs: Nanoseconds): ReplayClock {
  let now = startNs;
  const waiting = new Set<Waiting>();
  const working: ((error: string) => Promise<void>)[] = [];
  return {
    nowNs: () => now,
    at(atNs, task) {
      const entry = { atNs, task };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    finish<T>(work: Promise<T>, _nominalNs: Nanoseconds, done: (result: Settled<T>) => void) {
      const result = settle(work);
      working.push(async (error) => {
        const settled = await result;
        const itself = !settled.ok && settled.reason instanceof Error && settled.reason.message === error;
        done(error && !itself ? { ok: false, reason: new Error(error) } : settled);
      });
    },
    set(nowNs) {
      now = nowNs;
    },
    tick() {
      let next: Waiting | undefined;
      for (const entry of waiting) if (!next || entry.atNs < next.atNs) next = entry;
      if (!next) return false;
      waiting.delete(next);
      void next.task();
      return true;
    },
    abandon() {
      working.length = 0;
    },
    async complete(error) {
      const first = working.shift();
      await first?.(error);
      return first !== undefined;
    },
  };
}
