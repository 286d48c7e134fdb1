import { readFileSync } from "node:fs";
import { type Feature, parseContract } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { alignmentOf, interpolateFeature } from "./alignment.js";

const contract = parseContract(readFileSync(new URL("../../../contracts/sim-car.yaml", import.meta.url), "utf8"));

describe("alignmentOf", () => {
  it("takes every stream with a feature but the reference, with its tolerance in ns", () => {
    expect(alignmentOf(contract)).toEqual({
      reference: "camera",
      streams: {
        lidar: { policy: "latest", toleranceNs: 250_000_000n, queueSize: 10 },
        joints: { policy: "interpolate", toleranceNs: 60_000_000n, queueSize: 10 },
      },
    });
  });
  it("keeps a fast stream's samples over twice its tolerance", () => {
    const { joints } = contract.streams;
    const fast = { ...contract, streams: { ...contract.streams, joints: { ...joints!, rate_hz: 500 } } };
    expect(alignmentOf(fast).streams.joints?.queueSize).toBe(60);
  });
});

describe("interpolateFeature", () => {
  const spec = { shape: [2], dtype: "float32", unit: "rad", range: [[-1, 1]] } as const;
  const feature = (...data: number[]): Feature => ({ spec, data: Float32Array.from(data) });

  it("gives each element's value on the straight line, the ends exactly", () => {
    const [a, b] = [feature(0, 10), feature(1, -10)];
    expect(interpolateFeature(a, b, 0.25)).toEqual(feature(0.25, 5));
    expect(interpolateFeature(a, b, 0)).toEqual(a);
    expect(interpolateFeature(a, b, 1)).toEqual(b);
  });
  it("rounds bytes", () => {
    const byte = (value: number): Feature => ({
      spec: { ...spec, shape: [1], dtype: "uint8" },
      data: Uint8Array.of(value),
    });
    expect(interpolateFeature(byte(10), byte(13), 0.5).data).toEqual(Uint8Array.of(12));
  });
});
