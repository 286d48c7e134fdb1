import type { Nanoseconds } from "@polypilot/core";
import type { SetMember, StreamSample } from "./stream-sample.js";

/** A stream that answers for any moment with what it has. */
export interface Companion<T> {
  /** Takes a sample; stamps increase. */
  add(sample: StreamSample<T>): void;
  /** The stream's part of a set at `stampNs`; undefined if no sample is near enough. */
  at(stampNs: Nanoseconds): SetMember<T> | undefined;
  queued(): number;
  clear(reason: string): void;
}

export interface CompanionOptions<T> {
  readonly toleranceNs: Nanoseconds;
  /** Samples that are kept. */
  readonly queueSize: number;
  /** Given for `interpolate`: the value at `fraction` (0…1) of the way from a to b. */
  readonly interpolate?: ((a: T, b: T, fraction: number) => T) | undefined;
  /** Told of each sample that was kept and never used. */
  readonly onDrop: (reason: string, sample: StreamSample<T>) => void;
}

interface Kept<T> {
  readonly sample: StreamSample<T>;
  used: boolean;
}

/**
 * A stream that is asked for its value at a moment, rather than matched: policies `latest` and `interpolate`.
 *
 * `latest`: of the samples at most `toleranceNs` before or after the moment, the newest. `interpolate`: if samples on both sides of the moment
 * are within the tolerance, the value between them, v = a + (b − a)·(t − tₐ)/(t_b − tₐ), stamped with the moment; else as
 * `latest`. A sample may serve several sets. One that is pushed out unused is dropped as `superseded`, which is no fault: the
 * stream is faster than the reference.
 */
export function companion<T>(options: CompanionOptions<T>): Companion<T> {
  const { toleranceNs, queueSize, interpolate, onDrop } = options;
  const kept: Kept<T>[] = [];

  const take = (entry: Kept<T>): StreamSample<T> => {
    entry.used = true;
    return entry.sample;
  };
  const release = (entry: Kept<T>, reason: string) => {
    if (!entry.used) onDrop(reason, entry.sample);
  };
  const newestWithin = (stampNs: Nanoseconds) =>
    kept.findLast(({ sample }) => distance(sample.stampNs, stampNs) <= toleranceNs);

  return {
    add(sample) {
      kept.push({ sample, used: false });
      if (kept.length > queueSize) release(kept.shift()!, "superseded");
    },
    at(stampNs) {
      if (interpolate) {
        const index = kept.findIndex(({ sample }) => sample.stampNs >= stampNs);
        const [before, after] = [kept[index - 1], kept[index]];
        if (after?.sample.stampNs === stampNs) return asItIs(after, stampNs);
        const between = before && after && betweenPair(before, after, stampNs);
        if (between) return between;
      }
      const newest = newestWithin(stampNs);
      return newest && asItIs(newest, stampNs);
    },
    queued: () => kept.length,
    clear(reason) {
      for (const entry of kept.splice(0)) release(entry, reason);
    },
  };

  function asItIs(entry: Kept<T>, stampNs: Nanoseconds): SetMember<T> {
    const { stampNs: ownNs, receivedNs, value } = take(entry);
    return { stampNs: ownNs, receivedNs, value, ageNs: stampNs - ownNs };
  }

  function betweenPair(before: Kept<T>, after: Kept<T>, stampNs: Nanoseconds): SetMember<T> | undefined {
    const [aNs, bNs] = [before.sample.stampNs, after.sample.stampNs];
    if (stampNs - aNs > toleranceNs || bNs - stampNs > toleranceNs) return undefined;
    const [a, b] = [take(before), take(after)];
    const value = interpolate!(a.value, b.value, Number(stampNs - aNs) / Number(bNs - aNs));
    const receivedNs = a.receivedNs > b.receivedNs ? a.receivedNs : b.receivedNs;
    return { stampNs, receivedNs, value, ageNs: 0n };
  }
}

function distance(a: Nanoseconds, b: Nanoseconds): Nanoseconds {
  return a < b ? b - a : a - b;
}
