import type { Feature, FeatureSpec } from "@polypilot/core";
import type { FeatureResult } from "@polypilot/sensors";
import type { SynchronisedSet } from "@polypilot/streams";
import { describe, expect, it, vi } from "vitest";
import { interpolate, isLater, type LaterFeature, laterFeature, setFeatures } from "./later-feature.js";

const spec: FeatureSpec = { shape: [2], dtype: "uint8", unit: "intensity", range: [[0, 255]] };
const feature = (...bytes: number[]): Feature => ({ spec, data: Uint8Array.from(bytes) });
const later = (...bytes: number[]) => laterFeature(async () => ({ ok: true, feature: feature(...bytes) }));
const broken = () => laterFeature(async () => ({ ok: false, reason: "bad_jpeg" }));
const setOf = (values: Record<string, Feature | LaterFeature>): SynchronisedSet<Feature | LaterFeature> => ({
  stampNs: 1n,
  samples: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { stampNs: 1n, receivedNs: 1n, ageNs: 0n, value }]),
  ),
});

describe("laterFeature", () => {
  it("decodes when it is first asked, and once", async () => {
    const decode = vi.fn(async (): Promise<FeatureResult> => ({ ok: true, feature: feature(1, 2) }));
    const value = laterFeature(decode);
    expect(decode).not.toHaveBeenCalled();
    expect(await value.later()).toBe(await value.later());
    expect(decode).toHaveBeenCalledTimes(1);
  });
});

describe("setFeatures", () => {
  it("answers at once where nothing comes later", () => {
    const set = setOf({ camera: feature(1, 2), lidar: feature(3, 4) });
    expect(setFeatures(set, (name) => name === "lidar")).toEqual({ features: { lidar: Uint8Array.of(3, 4) } });
  });

  it("decodes what the model reads, side by side, and nothing else", async () => {
    const unread = vi.fn(async (): Promise<FeatureResult> => ({ ok: false, reason: "bad_jpeg" }));
    const begun: string[] = [];
    const slow = (name: string) =>
      laterFeature(async () => {
        begun.push(name);
        await vi.waitFor(() => expect(begun).toHaveLength(2));
        return { ok: true, feature: feature(name.length, 0) };
      });
    const set = setOf({ front: slow("front"), rear: slow("rear"), top: laterFeature(unread), lidar: feature(9, 9) });
    expect(await setFeatures(set, (name) => name !== "top")).toEqual({
      features: { front: Uint8Array.of(5, 0), rear: Uint8Array.of(4, 0), lidar: Uint8Array.of(9, 9) },
    });
    expect(unread).not.toHaveBeenCalled();
  });

  it("tells a message that cannot be decoded as the first time only once, however many sets hold it", async () => {
    const rear = broken();
    const all = () => true;
    const first = await setFeatures(setOf({ front: later(1, 1), rear }), all);
    const second = await setFeatures(setOf({ front: later(2, 2), rear }), all);
    const other = await setFeatures(setOf({ front: later(2, 2), rear: broken() }), all);
    expect(first).toEqual({ refused: [{ stream: "rear", reason: "bad_jpeg", first: true }] });
    expect(second).toEqual({ refused: [{ stream: "rear", reason: "bad_jpeg", first: false }] });
    expect(other).toEqual(first);
  });
});

describe("interpolate", () => {
  const dataOf = async (value: Feature | LaterFeature) => {
    const result = isLater(value) ? await value.later() : ({ ok: true, feature: value } as const);
    return result.ok ? [...result.feature.data] : result.reason;
  };
  it("gives what lies between, whichever of the two comes later", async () => {
    const [a, b] = [feature(0, 100), feature(10, 200)];
    const plain = interpolate(a, b, 0.25);
    expect(isLater(plain)).toBe(false);
    expect(await dataOf(plain)).toEqual([3, 125]);
    expect(await dataOf(interpolate(later(0, 100), b, 0.25))).toEqual([3, 125]);
    expect(await dataOf(interpolate(a, later(10, 200), 0.25))).toEqual([3, 125]);
    expect(await dataOf(interpolate(later(0, 100), later(10, 200), 0.25))).toEqual([3, 125]);
  });
  it("cannot give what lies beside a message that cannot be decoded", async () => {
    expect(await dataOf(interpolate(broken(), feature(1, 1), 0.5))).toBe("bad_jpeg");
    expect(await dataOf(interpolate(later(1, 1), broken(), 0.5))).toBe("bad_jpeg");
  });
});
