import { describe, expect, it } from "vitest";
import { companion } from "./companion.js";
import type { StreamSample } from "./stream-sample.js";

const MS = 1_000_000n;

/** A stream whose value is its stamp's square, in ms, so that linear interpolation is told from the true value. */
function filled(stampsMs: readonly number[], interpolating: boolean, queueSize = 10) {
  const drops: string[] = [];
  const stream = companion<number>({
    toleranceNs: 20n * MS,
    queueSize,
    interpolate: interpolating ? (a, b, fraction) => a + (b - a) * fraction : undefined,
    onDrop: (reason, sample: StreamSample<number>) => drops.push(`${sample.stampNs / MS} ${reason}`),
  });
  for (const ms of stampsMs) {
    stream.add({ stream: "joints", stampNs: BigInt(ms) * MS, receivedNs: BigInt(ms + 5) * MS, value: ms * ms });
  }
  return { stream, drops };
}

describe("companion with the policy latest", () => {
  it("gives the newest sample within the tolerance, also one that is younger than the moment", () => {
    const { stream } = filled([60, 80, 100, 120, 140], false);
    expect(stream.at(105n * MS)).toEqual({ stampNs: 120n * MS, receivedNs: 125n * MS, value: 14400, ageNs: -15n * MS });
  });
  it("includes the tolerance's ends and nothing beyond", () => {
    const { stream } = filled([100], false);
    expect(stream.at(120n * MS)?.ageNs).toBe(20n * MS);
    expect(stream.at(80n * MS)?.ageNs).toBe(-20n * MS);
    expect(stream.at(120n * MS + 1n)).toBeUndefined();
    expect(stream.at(80n * MS - 1n)).toBeUndefined();
  });
  it("serves several moments with one sample, and tells only of those that served none", () => {
    const { stream, drops } = filled([100, 110], false, 2);
    expect(stream.at(95n * MS)?.stampNs).toBe(110n * MS);
    expect(stream.at(130n * MS)?.stampNs).toBe(110n * MS);
    stream.add({ stream: "joints", stampNs: 200n * MS, receivedNs: 0n, value: 0 });
    stream.add({ stream: "joints", stampNs: 300n * MS, receivedNs: 0n, value: 0 });
    expect(drops).toEqual(["100 superseded"]);
    expect(stream.queued()).toBe(2);
  });
});

describe("companion with the policy interpolate", () => {
  it("gives the value on the straight line between the samples around the moment, stamped with it", () => {
    const { stream } = filled([100, 110, 120], true);
    // between 110² = 12100 and 120² = 14400, 3/10 of the way: 12100 + 0.3 · 2300 = 12790
    expect(stream.at(113n * MS)).toEqual({ stampNs: 113n * MS, receivedNs: 125n * MS, value: 12790, ageNs: 0n });
  });
  it("gives a sample of just that stamp as it is", () => {
    expect(filled([100, 110, 120], true).stream.at(110n * MS)?.value).toBe(12100);
    expect(filled([110, 120], true).stream.at(110n * MS)?.value).toBe(12100);
  });
  it("holds the newest when nothing younger has arrived", () => {
    const member = filled([100, 110], true).stream.at(125n * MS);
    expect(member).toEqual({ stampNs: 110n * MS, receivedNs: 115n * MS, value: 12100, ageNs: 15n * MS });
  });
  it("does not interpolate over a gap wider than the tolerance", () => {
    const { stream } = filled([100, 150], true);
    expect(stream.at(115n * MS)?.stampNs).toBe(100n * MS); // 150 is 35 ms away
    expect(stream.at(125n * MS)).toBeUndefined();
  });
});
