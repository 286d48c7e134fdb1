import { setImmediate } from "node:timers/promises";
import { type Clock, msToNs, type Nanoseconds, type VirtualClock } from "@polypilot/core";

const SLICE_NS = msToNs(100);

/** Whether a clock only runs when it is told to. */
export const isVirtual = (clock: Clock): clock is VirtualClock => "runUntil" in clock;

/**
 * Lets time pass until `endNs`, or until `signal` aborts: as fast as it goes on a virtual clock, else in its own time.
 *
 * Virtual time runs in slices, between which the process hears signals and shows what it does; how it is cut changes no event.
 *
 * @param endNs - undefined: until the signal.
 */
export async function passTime(clock: Clock, endNs: Nanoseconds | undefined, signal: AbortSignal): Promise<void> {
  if (!isVirtual(clock)) return waitOnWall(clock, endNs, signal);
  while (!signal.aborted && (endNs === undefined || clock.nowNs() < endNs)) {
    const next = clock.nowNs() + SLICE_NS;
    await clock.runUntil(endNs !== undefined && endNs < next ? endNs : next);
    await setImmediate();
  }
}

function waitOnWall(clock: Clock, endNs: Nanoseconds | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let cancel = () => {};
    // Without an end, a far timer keeps the process.
    const keep = setInterval(() => {}, 2 ** 30);
    const end = () => {
      clearInterval(keep);
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    if (signal.aborted) return end();
    signal.addEventListener("abort", end);
    if (endNs !== undefined) cancel = clock.at(endNs, end);
  });
}
