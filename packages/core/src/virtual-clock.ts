import { type Clock, settle } from "./clock.js";
import type { Nanoseconds } from "./time.js";

interface Event {
  readonly atNs: Nanoseconds;
  readonly order: number;
  readonly task: () => void | Promise<void>;
}

/** A clock that stands still until it is told to run: as fast as it goes, and the same every time. */
export interface VirtualClock extends Clock {
  /** Runs all events up to and including `untilNs`, in order of time and then of scheduling; then stands at `untilNs`. */
  runUntil(untilNs: Nanoseconds): Promise<void>;
}

const before = (a: Event, b: Event) => (a.atNs === b.atNs ? a.order < b.order : a.atNs < b.atNs);

/** @param startNs - time at which the clock stands at first. */
export function virtualClock(startNs: Nanoseconds = 0n): VirtualClock {
  let now = startNs;
  let orders = 0;
  const heap: Event[] = []; // sorted, the next event last

  const insert = (event: Event) => {
    let low = 0;
    let high = heap.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(event, heap[middle]!)) low = middle + 1;
      else high = middle;
    }
    heap.splice(low, 0, event);
  };
  const at: Clock["at"] = (atNs, task) => {
    const event: Event = { atNs: atNs < now ? now : atNs, order: orders++, task };
    insert(event);
    return () => {
      const index = heap.indexOf(event);
      if (index >= 0) heap.splice(index, 1);
    };
  };
  return {
    nowNs: () => now,
    at,
    finish(work, nominalNs, done) {
      const result = settle(work);
      at(now + nominalNs, async () => done(await result));
    },
    async runUntil(untilNs) {
      for (let next = heap.at(-1); next && next.atNs <= untilNs; next = heap.at(-1)) {
        heap.pop();
        now = next.atNs;
        const running = next.task();
        if (running) await running;
      }
      if (now < untilNs) now = untilNs;
    },
  };
}
