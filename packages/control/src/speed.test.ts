import { describe, expect, it } from "vitest";
import { wantedSpeed } from "./speed.js";
import { testContract } from "./testing/contract.js";

const contract = testContract();

describe("wantedSpeed", () => {
  it("gives cruise on the straight", () => {
    expect(wantedSpeed(contract, 0)).toBe(1.4);
    expect(wantedSpeed(contract, 0.05)).toBe(1.4);
  });

  it("keeps v²/R at the lateral bound in a bend", () => {
    const speed = wantedSpeed(contract, -0.45, 0.01);
    const radius = 0.325 / Math.tan(0.45);
    expect(speed).toBeLessThan(1.4);
    expect(speed ** 2 / radius).toBeCloseTo(2.5, 12);
  });

  it("falls linearly with σ between its bounds and is 0 above", () => {
    expect(wantedSpeed(contract, 0, 0.12)).toBe(1.4);
    expect(wantedSpeed(contract, 0, 0.235)).toBeCloseTo(0.7, 12);
    expect(wantedSpeed(contract, 0, 0.35)).toBe(0);
    expect(wantedSpeed(contract, 0, Infinity)).toBe(0);
  });

  it("goes nowhere for an angle that is no number", () => {
    expect(wantedSpeed(contract, NaN)).toBe(0);
    expect(wantedSpeed(contract, -Infinity)).toBe(0);
  });
});
