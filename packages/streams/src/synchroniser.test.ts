import { PolypilotError } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { synchronise } from "./synchronise.js";
import type { Alignment, SynchroniseOptions } from "./synchronise-options.js";
import { synchroniser } from "./synchroniser.js";
import { sampleAt } from "./testing/marbles.js";
import { approximate, camera, exact, imu, latest, lidar, MS, run } from "./testing/synchronised.js";

describe("synchroniser", () => {
  it("passes a lone reference through, with age 0", () => {
    expect(run({ streams: {} }, [camera(1), camera(2)]).shown).toEqual(["camera@1", "camera@2"]);
  });
  it("drops the reference, named by the companion that is missing", () => {
    const { shown, drops } = run({ streams: { lidar: latest(10) } }, [
      camera(0),
      lidar(20),
      camera(40),
      lidar(45),
      camera(50),
    ]);
    expect(shown).toEqual(["camera@50 lidar@45"]);
    expect(drops).toEqual(["camera@0 no_lidar", "camera@40 no_lidar"]);
  });
  it("combines exact, approximate and latest streams in one set", () => {
    const streams = { depth: exact, lidar: approximate(30), imu: latest(10) };
    const depth = (ms: number) => sampleAt("depth", ms);
    const { shown, drops } = run({ streams }, [
      ...[
        imu(0),
        camera(0),
        lidar(5),
        depth(0),
        imu(30),
        camera(33),
        lidar(40),
        imu(70),
        camera(66),
        depth(66),
        lidar(70),
      ],
    ]);
    expect(shown).toEqual(["camera@0 depth@0 lidar@5 imu@0", "camera@66 depth@66 lidar@70 imu@70"]);
    expect(drops).toEqual(["camera@33 unmatched", "lidar@40 unmatched"]);
  });
  it("drops repeated and out-of-order stamps of one stream, telling them apart", () => {
    const { shown, drops } = run({ streams: { lidar: latest(100) } }, [
      lidar(5),
      lidar(5),
      lidar(3),
      camera(6),
      camera(6),
      camera(4),
    ]);
    expect(shown).toEqual(["camera@6 lidar@5"]);
    expect(drops).toEqual(["lidar@5 duplicate", "lidar@3 out_of_order", "camera@6 duplicate", "camera@4 out_of_order"]);
  });
  it("begins anew when the clock jumps back by more than the bound, and tells of what was waiting", () => {
    const options = { streams: { lidar: approximate(50) }, clockJumpNs: 500n * MS };
    const samples = [
      lidar(900),
      camera(1000),
      camera(1033),
      camera(533),
      camera(500),
      lidar(510),
      camera(600),
      lidar(600),
    ];
    const { shown, drops, jumps } = run(options, samples);
    expect(jumps).toEqual(["camera 533"]);
    expect(drops).toEqual([
      "lidar@900 unmatched",
      "camera@533 out_of_order",
      "camera@1000 clock_jump",
      "camera@1033 clock_jump",
    ]);
    expect(shown).toEqual(["camera@500 lidar@510", "camera@600 lidar@600"]);
  });
  it("uses no companion from before a jump of the clock", () => {
    const { shown, drops } = run({ streams: { lidar: latest(9000) } }, [lidar(5000), camera(5000), camera(100)]);
    expect(shown).toEqual(["camera@5000 lidar@5000"]);
    expect(drops).toEqual(["camera@100 no_lidar"]);
  });
  it("keeps an approximate set within the smallest of its tolerances", () => {
    const { shown } = run({ streams: { lidar: approximate(100), imu: approximate(10) } }, [
      ...[camera(0), lidar(50), imu(0), camera(100), lidar(105), imu(100), camera(200), lidar(200), imu(200)],
    ]);
    expect(shown).toEqual(["camera@100 lidar@105 imu@100", "camera@200 lidar@200 imu@200"]);
  });
  it("recovers from one stamp far in the future", () => {
    const { shown, jumps } = run({ streams: { lidar: latest(50) } }, [lidar(10), lidar(99_000), lidar(20), camera(25)]);
    expect(jumps).toEqual(["lidar 98980"]);
    expect(shown).toEqual(["camera@25 lidar@20"]);
  });
  it("tells of a stream that it was not told about", () => {
    expect(run({ streams: {} }, [lidar(1)]).drops).toEqual(["lidar@1 unknown_stream"]);
  });
  it("finds a set earlier by the shortest time between a stream's messages", () => {
    const bounded = (boundMs: number) => {
      const machine = synchroniser<string>({
        reference: "camera",
        streams: { lidar: approximate(50) },
        interMessageLowerBoundNs: { camera: BigInt(boundMs) * MS },
      });
      return [camera(0), lidar(10)].flatMap((sample) => machine.add(sample)).length;
    };
    expect([bounded(15), bounded(30)]).toEqual([0, 1]); // the next camera message would be nearer than 10 ms, or not
  });
  it("prefers an earlier set by the age penalty", () => {
    const shown = (agePenalty: number) =>
      run({ streams: { lidar: approximate(50) }, agePenalty }, [camera(0), lidar(20), camera(29), lidar(70)]).shown;
    expect([shown(0.1), shown(3)]).toEqual([["camera@29 lidar@20"], ["camera@0 lidar@20"]]);
  });
  it("keeps as many samples as a stream's own queue size says", () => {
    const lidars = Array.from({ length: 30 }, (_, i) => lidar(i));
    const queued = (streams: Record<string, Alignment>) => run({ streams, queueSize: 3 }, lidars).queued;
    expect(queued({ lidar: latest(9) })).toEqual({ camera: 0, lidar: 3 });
    expect(queued({ lidar: { ...latest(9), queueSize: 20 } })).toEqual({ camera: 0, lidar: 20 });
    expect(queued({ lidar: { ...approximate(9), queueSize: 7 } })).toEqual({ camera: 0, lidar: 7 });
    expect(queued({ lidar: { ...exact, queueSize: 8 } })).toEqual({ camera: 0, lidar: 8 });
  });
  it("does not wait for the reference itself, should it be listed", () => {
    expect(run({ streams: { camera: approximate(1) } }, [camera(1)]).shown).toEqual(["camera@1"]);
  });
  it("refuses options that exclude each other, at the call", () => {
    const code = (options: Partial<SynchroniseOptions<string>>) => {
      try {
        synchronise<string>({ reference: "camera", streams: {}, ...options });
      } catch (cause) {
        return cause instanceof PolypilotError && cause.code;
      }
      return "none";
    };
    expect(code({})).toBe("none");
    expect(code({ queueSize: 0 })).toBe("STREAMS_OPTIONS");
    expect(code({ streams: { lidar: { ...exact, queueSize: 1.5 } } })).toBe("STREAMS_OPTIONS");
    expect(code({ agePenalty: Number.NaN })).toBe("STREAMS_OPTIONS");
    expect(code({ streams: { lidar: { policy: "latest", toleranceNs: -1n } } })).toBe("STREAMS_OPTIONS");
    expect(code({ streams: { joints: { policy: "interpolate", toleranceNs: 1n } } })).toBe("STREAMS_OPTIONS");
  });
});

describe("synchroniser on random streams", () => {
  const names = ["camera", "depth", "lidar", "imu", "joints"] as const;
  const streams: Record<string, Alignment> = {
    depth: exact,
    lidar: approximate(30),
    imu: latest(20),
    joints: { policy: "interpolate", toleranceNs: 25n * MS },
  };
  // Mostly forward, at times back; camera and depth on a coarse grid, so that exact matches happen.
  const arrivals = fc.array(
    fc.record({
      stream: fc.constantFrom(...names),
      stepMs: fc.oneof(
        { weight: 60, arbitrary: fc.integer({ min: 1, max: 8 }) },
        { weight: 1, arbitrary: fc.integer({ min: -80, max: -1 }) },
      ),
    }),
    { minLength: 50, maxLength: 300 },
  );
  const subset = fc.subarray(["depth", "lidar", "imu", "joints"]);

  it("emits only sets within tolerance, in order, with bounded queues and every sample accounted for", () => {
    let emitted = 0;
    fc.assert(
      fc.property(arrivals, subset, fc.integer({ min: 1, max: 12 }), (steps, used, queueSize) => {
        const chosen = Object.fromEntries(used.map((name) => [name, streams[name]!]));
        let nowMs = 1000;
        const samples = steps.map(({ stream, stepMs }, i) => {
          nowMs += stepMs;
          const onGrid = stream === "camera" || stream === "depth";
          return { ...sampleAt(stream, onGrid ? nowMs - (nowMs % 40) : nowMs), value: `${i}` };
        });
        const dropped = new Map<string, string>();
        const machine = synchroniser<string>({
          reference: "camera",
          streams: chosen,
          queueSize,
          clockJumpNs: 10_000n * MS,
          interpolate: (a, b) => `${a}+${b}`,
          onDrop: (_stream, reason, { value }) => {
            expect(dropped.has(value)).toBe(false);
            dropped.set(value, reason);
          },
        });
        const inSets = new Set<string>();
        let lastNs = -1n;
        for (const sample of samples) {
          for (const set of machine.add(sample)) {
            emitted += 1;
            expect(set.stampNs > lastNs).toBe(true);
            lastNs = set.stampNs;
            expect(Object.keys(set.samples).sort()).toEqual(["camera", ...used].sort());
            for (const [name, member] of Object.entries(set.samples)) {
              expect(member.ageNs).toBe(set.stampNs - member.stampNs);
              const bound = chosen[name]?.toleranceNs ?? 0n;
              expect(member.ageNs <= bound && member.ageNs >= -bound).toBe(true);
              for (const value of member.value.split("+")) inSets.add(value);
            }
          }
          for (const count of Object.values(machine.queued())) expect(count).toBeLessThanOrEqual(2 * queueSize);
        }
        const matched = ["camera", ...used].filter((name) => name !== "imu" && name !== "joints");
        for (const name of matched) {
          const waiting = samples.filter((s) => s.stream === name && !inSets.has(s.value) && !dropped.has(s.value));
          expect(waiting.length).toBe(machine.queued()[name]);
        }
        for (const value of inSets) expect(dropped.has(value)).toBe(false);
      }),
      { numRuns: 300 },
    );
    expect(emitted).toBeGreaterThan(500); // the property is not empty
  });
});
