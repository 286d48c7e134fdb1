import type { Clock, Nanoseconds } from "@polypilot/core";

/**
 * Calls `tick` at `firstNs`, `firstNs` + 1/rate, …, with the nominal time and its number, however late the call is.
 *
 * Periods that have gone by unserved are skipped: their numbers never come. Returns the stop.
 */
export function repeat(
  clock: Clock,
  firstNs: Nanoseconds,
  rateHz: number,
  tick: (nominalNs: Nanoseconds, index: number) => void,
): () => void {
  const nominal = (index: number) => firstNs + BigInt(Math.round((index * 1e9) / rateHz));
  let index = 0;
  let stopped = false;
  let cancel = () => {};
  const run = () => {
    if (stopped) return;
    const late = Number(clock.nowNs() - nominal(index)) / 1e9;
    if (late * rateHz >= 1) index += Math.floor(late * rateHz);
    tick(nominal(index), index);
    index += 1;
    if (!stopped) cancel = clock.at(nominal(index), run);
  };
  cancel = clock.at(nominal(0), run);
  return () => {
    stopped = true;
    cancel();
  };
}
