import { expect } from "vitest";
import type { StreamSample, SynchronisedSet } from "../stream-sample.js";
import type { Alignment, SynchroniseOptions } from "../synchronise-options.js";
import { synchroniser } from "../synchroniser.js";
import { sampleAt } from "./marbles.js";

export const MS = 1_000_000n;
export const latest = (ms: number): Alignment => ({ policy: "latest", toleranceNs: BigInt(ms) * MS });
export const approximate = (ms: number): Alignment => ({ policy: "approximate", toleranceNs: BigInt(ms) * MS });
export const exact: Alignment = { policy: "exact", toleranceNs: 0n };

/** A set as text: `camera@40 lidar@20`, the reference first. */
export const show = (set: SynchronisedSet<string>) =>
  Object.values(set.samples)
    .map(({ value }) => value)
    .join(" ");

/** What the synchroniser makes of samples in this order: sets, drops and jumps of the clock, as text too. */
export function run(options: Omit<SynchroniseOptions<string>, "reference">, samples: readonly StreamSample<string>[]) {
  const drops: string[] = [];
  const jumps: string[] = [];
  const machine = synchroniser<string>({
    reference: "camera",
    ...options,
    onDrop: (stream, reason, sample) => {
      expect(sample.stream).toBe(stream);
      drops.push(`${sample.value} ${reason}`);
    },
    onClockJump: (stream, backNs) => jumps.push(`${stream} ${backNs / MS}`),
  });
  const sets = samples.flatMap((sample) => machine.add(sample));
  return { sets, shown: sets.map(show), drops, jumps, queued: machine.queued() };
}

export const camera = (ms: number) => sampleAt("camera", ms);
export const lidar = (ms: number) => sampleAt("lidar", ms);
export const imu = (ms: number) => sampleAt("imu", ms);
