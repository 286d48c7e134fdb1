import { msToNs, nsToSec } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GateInput } from "./fault.js";
import { type GateOutput, RECOVERY_PERIODS, safetyGate } from "./safety-gate.js";
import { testContract } from "./testing/contract.js";

const contract = testContract();
const PERIOD_NS = 20_000_000n;

/** All streams fresh at `nowNs`, and a prediction made from them. */
function fresh(nowNs: bigint, more: Partial<GateInput> = {}): GateInput {
  const watch = { newestNs: nowNs };
  return {
    nowNs,
    streams: { camera: watch, lidar: watch, joints: watch, odometry: watch },
    wish: { steeringRad: 0.1, speedMps: 1.4, sigmaRad: 0.01, stampsNs: { camera: nowNs } },
    ...more,
  };
}

/** Steps every period, with the inputs that `at` gives, and returns every answer. */
function steps(count: number, at: (nowNs: bigint, index: number) => GateInput, of = contract): GateOutput[] {
  const { initial, gate } = safetyGate(of);
  let state = initial;
  return Array.from({ length: count }, (_, index) => {
    const output = gate(state, at(BigInt(index) * PERIOD_NS, index));
    state = output.state;
    return output;
  });
}

const reasons = (outputs: readonly GateOutput[]) => outputs.map((o) => o.reason);

describe("safetyGate", () => {
  it("starts after the recovery time and reaches what the policy wants", () => {
    const outputs = steps(60, (now) => fresh(now));
    expect(outputs.findIndex((o) => o.source === "policy")).toBe(RECOVERY_PERIODS);
    expect(reasons(outputs).slice(0, 5)).toEqual(Array(5).fill("recovering"));
    expect(outputs.at(-1)).toMatchObject({ reason: "", limited: { steeringRad: 0.1, speedMps: 1.4 } });
  });

  it("never exceeds a limit, whatever comes", () => {
    const names = ["camera", "lidar", "joints"];
    const number = fc.oneof(fc.double({ min: -1, max: 3 }), fc.constantFrom(NaN, Infinity, 0.1));
    const moment = fc.record({
      dtNs: fc.oneof(fc.bigInt(1000n, 100_000_000n), fc.constant(PERIOD_NS)),
      steeringRad: number,
      speedMps: number,
      sigmaRad: fc.constantFrom(0.01, 0.2, 0.5, NaN),
      silent: fc.constantFrom(undefined, undefined, undefined, ...names),
      workerFailed: fc.constantFrom(false, false, false, true),
    });
    fc.assert(
      fc.property(fc.array(moment, { minLength: 20, maxLength: 80 }), (moments) => {
        const { initial, gate } = safetyGate(contract);
        let state = initial;
        let nowNs = 10_000_000_000n;
        let lastRates = { steering: 0, speed: 0 };
        let first = true;
        for (const { dtNs, silent, workerFailed, ...wish } of moments) {
          nowNs += dtNs;
          const input = fresh(nowNs, { workerFailed, wish: { ...wish, stampsNs: { camera: nowNs } } });
          const streams = { ...input.streams, ...(silent && { [silent]: { newestNs: 0n } }) };
          const before = state;
          const { limited, ...output } = gate(state, { ...input, streams });
          state = output.state;
          const dtSec = nsToSec(dtNs);
          const rates = {
            steering: (limited.steeringRad - before.steering.value) / dtSec,
            speed: (limited.speedMps - before.speed.value) / dtSec,
          };
          expect(Math.abs(limited.steeringRad)).toBeLessThanOrEqual(0.45);
          expect(limited.speedMps).toBeGreaterThanOrEqual(0);
          expect(limited.speedMps).toBeLessThanOrEqual(2);
          if (!first) {
            expect(Math.abs(rates.steering)).toBeLessThanOrEqual(5 + 1e-6);
            expect(Math.abs(rates.speed)).toBeLessThanOrEqual(3 + 1e-6);
            expect(Math.abs(rates.steering - lastRates.steering)).toBeLessThanOrEqual(200 * dtSec + 1e-5);
            expect(Math.abs(rates.speed - lastRates.speed)).toBeLessThanOrEqual(60 * dtSec + 1e-5);
          }
          first = false;
          lastRates = rates;
        }
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it("brakes from the first step after the maximum age, to 0 within v/rate + rate/acceleration + 3 periods", () => {
    const silentFrom = 2_000_000_000n; // the last camera image; fresh until 2.2 s
    const outputs = steps(200, (now) =>
      fresh(now, {
        streams: { ...fresh(now).streams, camera: { newestNs: now < silentFrom ? now : silentFrom } },
      }),
    );
    const first = outputs.findIndex((o, i) => i > 50 && o.source === "safety");
    expect(first).toBe(111); // 2.22 s: the first step later than 2.2 s
    expect(outputs[first]!.reason).toBe("stale:camera");
    const stopped = outputs.findIndex((o, i) => i >= first && o.limited.speedMps === 0);
    expect(outputs[first - 1]!.limited.speedMps).toBe(1.4);
    expect((stopped - first) * 0.02).toBeLessThanOrEqual(1.4 / 3 + 3 / 60 + 3 * 0.02);
    expect(outputs.slice(first).every((o) => o.limited.steeringRad === 0.1)).toBe(true);
  });

  it("stops at once where the contract says so", () => {
    const at = (now: bigint, index: number) => fresh(now, { workerFailed: index >= 100 });
    const outputs = steps(110, at, testContract("  on_stale: immediate_stop"));
    expect(outputs[99]!.limited.speedMps).toBe(1.4);
    expect(outputs[100]!.limited.speedMps).toBe(0);
  });

  it("names the fault: worker, missing, inconsistent, old prediction, nan, sigma, clock jump", () => {
    const one = (more: (now: bigint) => Partial<GateInput>) => {
      const outputs = steps(40, (now, index) => ({ ...fresh(now), ...(index === 30 ? more(now) : {}) }));
      expect(outputs[29]!.source).toBe("policy");
      expect(outputs[30]!.source).toBe("safety");
      expect(reasons(outputs).slice(31, 35)).toEqual(Array(4).fill("recovering"));
      expect(outputs[36]!.source).toBe("policy");
      return outputs[30]!.reason;
    };
    const wish = (now: bigint) => fresh(now).wish!;
    const streams = (now: bigint) => fresh(now).streams;
    expect(one(() => ({ workerFailed: true }))).toBe("worker");
    expect(one((now) => ({ streams: { ...streams(now), lidar: {} } }))).toBe("missing:lidar");
    expect(one((now) => ({ streams: { ...streams(now), camera: { bad: "wrong_size" } } }))).toBe("wrong_size:camera");
    expect(one((now) => ({ wish: { ...wish(now), stampsNs: { lidar: now - msToNs(401) } } }))).toBe("stale:prediction");
    expect(one((now) => ({ wish: { ...wish(now), steeringRad: NaN } }))).toBe("nan");
    expect(one((now) => ({ wish: { ...wish(now), sigmaRad: 0.35 } }))).toBe("sigma");
    expect(one((now) => ({ nowNs: now - 30_000_000n }))).toBe("clock_jump");
  });

  it("ignores streams that the contract does not require", () => {
    const at = (now: bigint) => fresh(now, { streams: { camera: { newestNs: now } } });
    expect(steps(20, at, testContract("  requires: [camera]")).at(-1)!.source).toBe("policy");
    expect(steps(20, at).at(-1)!.reason).toBe("missing:lidar");
  });
});
