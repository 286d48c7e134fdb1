import { describe, expect, it } from "vitest";
import { healthBoard, healthMeter } from "./stream-health.js";

const MS = 1_000_000n;

describe("healthMeter", () => {
  it("knows nothing before the first message", () => {
    expect(healthMeter().at(5n)).toEqual({
      received: 0,
      dropped: {},
      lastStampNs: undefined,
      ageNs: undefined,
      rateHz: 0,
    });
  });
  it("tells a steady stream's true rate, and its age by the stamp", () => {
    const meter = healthMeter(1000n * MS);
    for (let i = 0; i <= 200; i += 1) meter.receive(BigInt(i) * 20n * MS, BigInt(i) * 20n * MS + 7n * MS);
    const health = meter.at(4007n * MS);
    expect(health.rateHz).toBeCloseTo(50, 10);
    expect(health).toMatchObject({ received: 201, lastStampNs: 4000n * MS, ageNs: 7n * MS });
  });
  it("lets the rate fall in a silence, to 0 after the window", () => {
    const meter = healthMeter(1000n * MS);
    for (let i = 0; i <= 10; i += 1) meter.receive(0n, BigInt(i) * 100n * MS);
    // (500, 1500] holds 600 … 1000 ms: five arrivals, four periods since 600 ms
    expect(meter.at(1500n * MS - 1n).rateHz).toBeCloseTo((5 * 1e9) / Number(1000n * MS - 1n), 10);
    expect(meter.at(1500n * MS).rateHz).toBeCloseTo(4 / 0.9, 10);
    expect(meter.at(3000n * MS).rateHz).toBe(0);
  });
  it("keeps the rate of a stream that is faster than its memory", () => {
    const meter = healthMeter(10_000n * MS);
    for (let i = 0; i <= 5000; i += 1) meter.receive(0n, BigInt(i) * MS);
    expect(meter.at(5000n * MS).rateHz).toBeCloseTo(1000, 8);
  });
  it("counts drops by reason in one order, with bounded memory", () => {
    const meter = healthMeter();
    meter.drop("wrong_size");
    meter.drop("bad_jpeg", 2);
    meter.drop("wrong_size");
    expect(JSON.stringify(meter.at(0n).dropped)).toBe('{"bad_jpeg":2,"wrong_size":2}');
    for (let i = 0; i < 1000; i += 1) meter.drop(`reason ${i}`);
    const { dropped } = meter.at(0n);
    expect(Object.keys(dropped).length).toBeLessThanOrEqual(65);
    expect(Object.values(dropped).reduce((a, b) => a + b)).toBe(1004);
  });
  it("keeps the newest stamp when an older one comes late, and hands out values that do not change", () => {
    const meter = healthMeter();
    meter.receive(20n, 20n);
    const before = meter.at(30n);
    meter.receive(10n, 30n);
    expect(meter.at(30n)).toMatchObject({ received: 2, lastStampNs: 20n, ageNs: 10n });
    expect(before.received).toBe(1);
    expect(Object.isFrozen(before) && Object.isFrozen(before.dropped)).toBe(true);
  });
});

describe("healthBoard", () => {
  it("shows named streams from the start and others from their first message", () => {
    const board = healthBoard(["camera"]);
    board.drop("lidar", "all_invalid");
    board.receive("camera", 5n, 6n);
    const health = board.at(10n);
    expect(Object.keys(health)).toEqual(["camera", "lidar"]);
    expect(health.camera).toMatchObject({ received: 1, ageNs: 5n });
    expect(health.lidar?.dropped).toEqual({ all_invalid: 1 });
  });
});
