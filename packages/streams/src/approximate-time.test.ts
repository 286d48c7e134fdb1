import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ApproximateTimeOptions, approximateTime } from "./approximate-time.js";
import type { StreamSample } from "./stream-sample.js";

const S = 1_000_000_000n;
const FOREVER = 1n << 62n;
const defaults: ApproximateTimeOptions = { queueSize: 10, agePenalty: 0.1, maxIntervalNs: FOREVER, lowerBoundsNs: [] };

/** One letter a channel and the second of its stamp: `A0 B1` adds stamp 0 s to channel A, then 1 s to channel B. */
function run(script: string, options: Partial<ApproximateTimeOptions> = {}, channelCount = 2) {
  const drops: string[] = [];
  const matcher = approximateTime<string>(channelCount, { ...defaults, ...options }, (reason, item) =>
    drops.push(`${item.samples[0]!.value} ${reason}`),
  );
  const sets: string[] = [];
  const after: string[] = []; // the item with which each set came out
  for (const value of script.split(/\s+/)) {
    const stampNs = BigInt(Math.round(Number(value.slice(1)) * 1e9));
    const sample: StreamSample<string> = { stream: value[0]!, stampNs, receivedNs: stampNs, value };
    for (const group of matcher.add(value.charCodeAt(0) - 65, { stampNs, samples: [sample] })) {
      sets.push(group.samples.map((s) => s.value).join(" "));
      after.push(value);
    }
  }
  return { sets, after, drops, queued: Array.from({ length: channelCount }, (_, i) => matcher.queued(i)) };
}

describe("approximateTime on the cases that message_filters publishes in its own tests", () => {
  it("gives equal stamps at once", () => {
    const { sets, after } = run("A0 B0 A3 B3 A6 B6");
    expect(sets).toEqual(["A0 B0", "A3 B3", "A6 B6"]);
    expect(after).toEqual(["B0", "B3", "B6"]);
  });
  it("pairs a constant shift once no better pair can come", () => {
    const { sets, after } = run("A0 B1 A3 B4 A6 B7");
    expect(sets).toEqual(["A0 B1", "A3 B4"]);
    expect(after).toEqual(["A3", "A6"]);
  });
  it("skips messages for a better pair", () => {
    expect(run("A0 B1 A2 A3 B5 A6 B7").sets).toEqual(["A0 B1", "A6 B5"]);
  });
  it("follows an accelerating stream", () => {
    expect(run("A0 B7 A12 B15 A17 B18").sets).toEqual(["A12 B7", "A17 B18"]);
  });
  it("drops many with a queue of one", () => {
    const { sets } = run("A0 B1 B3 A4 B7 A8 A10 B11 A13 B14", { queueSize: 1 });
    expect(sets).toEqual(["A4 B3", "A10 B11"]);
  });
  it("needs a queue of two for the same input", () => {
    const { sets } = run("A0 B1 B3 A4 B7 A8 A10 B11 A13 B14", { queueSize: 2 });
    expect(sets).toEqual(["A0 B1", "A4 B3", "A8 B7", "A10 B11"]);
  });
  it("takes no pivot from a stream that lost messages", () => {
    const { sets } = run("A0 A1 A2 A3 A4 A5 A6 A7 A8 B3 A9 A10 A11 A12 B10 A13", { queueSize: 5 });
    expect(sets).toEqual(["A10 B10"]);
  });
  it("gives two sets with one message", () => {
    const { sets, after } = run("A0 B1 B3 A3");
    expect(sets).toEqual(["A0 B1", "A3 B3"]);
    expect(after).toEqual(["A3", "A3"]);
  });
  it("matches four streams", () => {
    const { sets } = run("A0 B1 C2 D3 A5 D5 B6 C6 A8 B9 C10 D11 A10 A13 B14", {}, 4);
    expect(sets).toEqual(["A0 B1 C2 D3", "A5 B6 C6 D5", "A10 B9 C10 D11"]);
  });
  it("gives a set early when every later interval would be too long", () => {
    const { sets, after } = run("A0 B1 C2 D3 A7", {}, 4);
    expect(sets).toEqual(["A0 B1 C2 D3"]);
    expect(after).toEqual(["A7"]);
  });
  it("gains nothing by a lower bound of 1.5 s between messages", () => {
    const { sets, after } = run("A0 B1 A3 B4 A6 B7", { lowerBoundsNs: [(3n * S) / 2n, 0n] });
    expect(sets).toEqual(["A0 B1", "A3 B4"]);
    expect(after).toEqual(["A3", "A6"]);
  });
  it("gives a set at once by a lower bound of 2 s between messages", () => {
    const { sets, after } = run("A0 B1 A3 B4 A6 B7", { lowerBoundsNs: [2n * S, 0n] });
    expect(sets).toEqual(["A0 B1", "A3 B4", "A6 B7"]);
    expect(after).toEqual(["B1", "B4", "B7"]);
  });
});

describe("approximateTime", () => {
  it("drops what lies further apart than the longest interval, and tells of it", () => {
    const { sets, drops } = run("A0 B2 A3 B3 A6 B6", { maxIntervalNs: S });
    expect(sets).toEqual(["A3 B3", "A6 B6"]);
    expect(drops).toEqual(["A0 unmatched", "B2 unmatched"]);
  });
  it("tells which message a full queue lost", () => {
    const { sets, drops, queued } = run("A0 A1 A2 A3", { queueSize: 3 });
    expect({ sets, drops, queued }).toEqual({ sets: [], drops: ["A0 queue_full"], queued: [3, 0] });
  });
  it("settles equal stamps as message_filters does: the last stream ends a set, the first one starts it", () => {
    // Both as ros2/message_filters answers. C1 would be the pivot, but C has lost C0: A1 goes.
    expect(run("A1 C0 C1 B1", { queueSize: 1, maxIntervalNs: 2n * S }, 3).sets).toEqual([]);
    expect(run("A1 C1 B2 A4", { queueSize: 3, maxIntervalNs: 2n * S }, 3).sets).toEqual(["A1 B2 C1"]);
  });
  it("prefers the earlier of two nearly equal sets by the age penalty", () => {
    // Pivot B10. The first set's interval is 2 s; that with A11.9 would be 1.9 s, but 1.9 s later.
    expect(run("A8 B10 A11.9 B20").sets).toEqual(["A8 B10"]);
    expect(run("A8 B10 A10.9 B20").sets).toEqual(["A10.9 B10"]);
    expect(run("A8 B10 A10.9 B20", { agePenalty: 2 }).sets).toEqual(["A8 B10"]);
  });

  const gaps = fc.array(fc.record({ channel: fc.nat(2), gapMs: fc.integer({ min: 1, max: 400 }) }), { maxLength: 120 });

  it("keeps every promise on random streams: interval, order, bounded queues, nothing lost in silence", () => {
    const parameters = fc.record({
      queueSize: fc.integer({ min: 1, max: 8 }),
      maxIntervalNs: fc.bigInt({ min: 0n, max: S }),
      agePenalty: fc.double({ min: 0, max: 2, noNaN: true }),
    });
    fc.assert(
      fc.property(gaps, parameters, (steps, options) => {
        const lastMs = [0, 0, 0];
        const script = steps.map(({ channel, gapMs }) => {
          lastMs[channel]! += gapMs;
          return `${"ABC"[channel]}${lastMs[channel]! / 1000}`;
        });
        if (script.length === 0) return;
        const { sets, drops, queued } = run(script.join(" "), options, 3);
        const stamps = sets.map((set) =>
          set.split(" ").map((value) => BigInt(Math.round(Number(value.slice(1)) * 1e9))),
        );
        for (const [i, set] of stamps.entries()) {
          const interval = set.reduce((a, b) => (a > b ? a : b)) - set.reduce((a, b) => (a < b ? a : b));
          expect(interval <= options.maxIntervalNs).toBe(true);
          for (const [channel, stamp] of set.entries()) expect(i === 0 || stamp > stamps[i - 1]![channel]!).toBe(true);
        }
        expect(queued.every((n) => n <= options.queueSize)).toBe(true);
        const out = [...sets.flatMap((set) => set.split(" ")), ...drops.map((drop) => drop.split(" ")[0]!)];
        expect(new Set(out).size).toBe(out.length);
        expect(out.length + queued.reduce((a, b) => a + b)).toBe(script.length);
      }),
      { numRuns: 300 },
    );
  });

  it("does not depend on when one stream arrives relative to another, if queues are long enough", () => {
    fc.assert(
      fc.property(gaps, fc.infiniteStream(fc.boolean()), (steps, coin) => {
        const lists: string[][] = [[], []];
        const lastMs = [0, 0];
        for (const { channel, gapMs } of steps) {
          const c = channel % 2;
          lastMs[c]! += gapMs;
          lists[c]!.push(`${"AB"[c]}${lastMs[c]! / 1000}`);
        }
        if (!lists[0]!.length || !lists[1]!.length) return;
        const one = run([...lists[0]!, ...lists[1]!].join(" "), { queueSize: 200 });
        const [a, b] = [[...lists[0]!], [...lists[1]!]];
        const mixed: string[] = [];
        while (a.length + b.length > 0)
          mixed.push((b.length === 0 || (a.length > 0 && coin.next().value) ? a : b).shift()!);
        expect(run(mixed.join(" "), { queueSize: 200 }).sets).toEqual(one.sets);
      }),
      { numRuns: 200 },
    );
  });
});
