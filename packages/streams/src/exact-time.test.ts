import { describe, expect, it } from "vitest";
import { exactTime } from "./exact-time.js";
import { sampleAt } from "./testing/marbles.js";

function run(script: string, queueSize = 10) {
  const drops: string[] = [];
  const matcher = exactTime<string>(2, queueSize, (reason, item) => drops.push(`${item.samples[0]!.value} ${reason}`));
  const sets: string[] = [];
  const add = (value: string) => {
    const sample = sampleAt(value[0]!, Number(value.slice(1)));
    const group = { stampNs: sample.stampNs, samples: [sample] };
    for (const { samples } of matcher.add(value.charCodeAt(0) - 65, group))
      sets.push(samples.map((s) => s.value).join(" "));
  };
  for (const value of script.split(" ")) add(value);
  return { sets, drops, matcher, add };
}

describe("exactTime", () => {
  it("pairs equal stamps whatever the order of arrival", () => {
    expect(run("A1 B1 B2 A2 A3 A4 B3 B4").sets).toEqual(["A@1 B@1", "A@2 B@2", "A@3 B@3", "A@4 B@4"]);
  });
  it("does not pair stamps that differ by a nanosecond's worth", () => {
    expect(run("A1 B1.000001").sets).toEqual([]);
  });
  it("drops what is older than a set that went out, waiting or arriving", () => {
    const { sets, drops } = run("A1 A2 B2 B1");
    expect(sets).toEqual(["A@2 B@2"]);
    expect(drops).toEqual(["A@1 unmatched", "B@1 unmatched"]);
  });
  it("drops another item of a set that went out", () => {
    const { sets, drops } = run("A1 B1 A1");
    expect(sets).toEqual(["A@1 B@1"]);
    expect(drops).toEqual(["A@1 unmatched"]);
  });
  it("drops the oldest when too many wait", () => {
    const { drops, matcher } = run("B5 A1 A2 A3", 3);
    expect(drops).toEqual(["A@1 queue_full"]);
    expect([matcher.queued(0), matcher.queued(1)]).toEqual([2, 1]);
  });
  it("tells of everything that is cleared and begins anew", () => {
    const { sets, drops, matcher, add } = run("A7 B7 A9 B8");
    matcher.clear("clock_jump");
    expect(drops).toEqual(["A@9 clock_jump", "B@8 clock_jump"]);
    add("A1");
    add("B1");
    expect(sets).toEqual(["A@7 B@7", "A@1 B@1"]);
  });
});
