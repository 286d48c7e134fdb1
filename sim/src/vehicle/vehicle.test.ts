import { describe, expect, it } from "vitest";
import { stepVehicle, type VehicleState, vehicleAt, vehicleSpec } from "./vehicle.js";

const spec = vehicleSpec(0.325, 0.28);

function drive(seconds: number, steeringRad: number, speedMps: number, state = vehicleAt(0, 0, 0)): VehicleState {
  for (let i = 0; i < Math.round(seconds / 0.004); i += 1) stepVehicle(state, spec, { steeringRad, speedMps }, 0.004);
  return state;
}

describe("stepVehicle", () => {
  it("goes straight and reaches the commanded speed within its limits", () => {
    const state = drive(0.2, 0, 1.4);
    expect(state.speedMps).toBeLessThanOrEqual(3 * 0.2 + 1e-9);
    drive(3, 0, 1.4, state);
    expect(state.speedMps).toBeCloseTo(1.4, 3);
    expect(state.y).toBe(0);
    expect(state.distanceM).toBeCloseTo(state.x, 9);
  });

  it("drives the circle of its wheelbase and angle at walking pace, to the left for a positive angle", () => {
    const state = drive(4, 0.2, 0.3);
    const radius = state.speedMps / state.yawRate;
    expect(radius).toBeCloseTo((0.325 * (1 + (0.3 / 4) ** 2)) / Math.tan(0.2), 2);
    expect(state.yawRad).toBeGreaterThan(0);
    expect(drive(4, -0.2, 0.3).yawRad).toBeCloseTo(-state.yawRad, 9);
  });

  it("understeers at speed and never asks more of the tyres than they hold", () => {
    const slow = drive(3, 0.15, 0.5);
    const fast = drive(3, 0.15, 2);
    expect(fast.yawRate / fast.speedMps).toBeLessThan(0.85 * (slow.yawRate / slow.speedMps));
    const limit = drive(3, 0.45, 3);
    expect(limit.yawRate * limit.speedMps).toBeLessThanOrEqual(0.8 * 9.81);
    expect(limit.slipRad).toBeLessThan(-0.05); // the tail hangs out of a left bend: it moves to the right
  });

  it("turns the wheels no faster than the servo does and no farther than they go", () => {
    const state = vehicleAt(0, 0, 0);
    let before = 0;
    for (let i = 0; i < 100; i += 1) {
      stepVehicle(state, spec, { steeringRad: 2, speedMps: 0 }, 0.004);
      expect(state.steeringRad - before).toBeLessThanOrEqual(5 * 0.004 + 1e-12);
      before = state.steeringRad;
    }
    expect(state.steeringRad).toBeCloseTo(0.45, 3);
  });
});
