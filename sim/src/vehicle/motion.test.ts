import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateTrack } from "../track/track.js";
import { ACTUATOR_DELAY_NS, motion } from "./motion.js";
import { vehicleSpec } from "./vehicle.js";

const track = generateTrack(1, { lanes: 1 });
const spec = vehicleSpec(0.325, 0.28);
const car = () => motion(track, spec, 0n, { wheel: 0, gyro: 0 }, 2);
const MS = 1_000_000n;

describe("motion", () => {
  it("gives the same state however often and when it is looked at", () => {
    const once = car();
    once.command({ steeringRad: 0.1, speedMps: 1 }, 10n * MS);
    const expected = once.stateAt(500n * MS + 777n);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500_000_000 }), { maxLength: 40 }), (times) => {
        const often = car();
        let told = false;
        for (const t of [...times].sort((a, b) => a - b)) {
          if (!told && BigInt(t) >= 10n * MS) {
            often.command({ steeringRad: 0.1, speedMps: 1 }, 10n * MS);
            told = true;
          }
          often.stateAt(BigInt(t));
        }
        if (!told) often.command({ steeringRad: 0.1, speedMps: 1 }, 10n * MS);
        expect(often.stateAt(500n * MS + 777n)).toEqual(expected);
      }),
    );
  });

  it("acts on a command after the actuators' delay", () => {
    const one = car();
    one.command({ steeringRad: 0.3, speedMps: 0 }, 0n);
    expect(one.stateAt(ACTUATOR_DELAY_NS).steeringRad).toBe(0);
    expect(one.stateAt(ACTUATOR_DELAY_NS + 8n * MS).steeringRad).toBeGreaterThan(0);
  });

  it("brakes to a stand when commands have ceased for half a second", () => {
    const one = car();
    one.command({ steeringRad: 0, speedMps: 1 }, 0n);
    expect(one.stateAt(500n * MS).speedMps).toBeGreaterThan(0.9);
    expect(one.stateAt(2000n * MS).speedMps).toBeLessThan(0.01);
  });

  it("counts progress on over rounds and stands at the lane's centre where it is placed", () => {
    const one = car();
    one.place(track.lengthM + 5, 4n * MS);
    const state = one.stateAt(8n * MS);
    const lane = track.laneAt(5);
    expect(state.progressM).toBeCloseTo(track.lengthM + 5, 6);
    expect(state.x).toBeCloseTo(lane.x, 9);
    expect(state.y).toBeCloseTo(lane.y, 9);
    expect(state.speedMps).toBe(0);
  });
});
