import { type Contract, parseContract, random, type Sample } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { syntheticContractText, syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { augmented } from "./augmented.js";
import { cameraAugment } from "./camera-augment.js";

const contract = parseContract(syntheticContractText);
const withMask: Contract = {
  ...contract,
  heads: {
    ...contract.heads,
    mask: {
      ...contract.heads.side!,
      kind: "segmentation",
      stream: "camera",
      width: 8,
      height: 4,
      classes: ["a", "b"],
    } as Contract["heads"][string],
  },
};
const ramp = Uint8Array.from({ length: 128 }, (_, i) => 10 * (i % 16));
const sample: Sample = {
  stampNs: 0n,
  episodeId: "e",
  features: { camera: ramp },
  labels: {
    steering: Float32Array.of(0.25),
    reconstruction: ramp,
    mask: Uint8Array.from({ length: 32 }, (_, i) => (i % 8 === 2 ? 1 : 0)),
  },
};
const row = (data: ArrayLike<number> | undefined, width: number) => Array.from(data ?? []).slice(0, width);

/** The first draw of a seed from 0 that fits. */
function find(fits: (changed: Sample) => boolean, options: Parameters<typeof cameraAugment>[1]): Sample {
  for (let seed = 0; seed < 200; seed += 1) {
    const changed = cameraAugment(withMask, options)(sample, random(seed));
    if (fits(changed)) return changed;
  }
  throw new Error("never drawn");
}

describe("cameraAugment", () => {
  it("shifts image, its reconstruction and its mask together, and repeats the edge", () => {
    const changed = find((s) => s.features.camera![4] === 20, { shiftX: 2 }); // moved right by two
    expect(row(changed.features.camera, 6)).toEqual([0, 0, 0, 10, 20, 30]);
    expect(changed.labels.reconstruction).toEqual(changed.features.camera);
    expect(row(changed.labels.mask, 8)).toEqual([0, 0, 0, 1, 0, 0, 0, 0]); // half the size: moved by one
    expect(changed.labels.steering).toEqual(Float32Array.of(0.25));
  });

  it("mirrors and changes the sign of the named heads", () => {
    const changed = find((s) => s.labels.steering![0] === -0.25, { mirror: ["steering"] });
    expect(row(changed.features.camera, 3)).toEqual([150, 140, 130]);
    expect(row(changed.labels.mask, 8)).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
  });

  it("keeps bytes in their range, and the original as it is", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { features } = cameraAugment(contract, { brightness: 3, contrast: 3, colour: 1 })(sample, random(seed));
      const values = Array.from(features.camera!);
      expect(values.every((v, i) => i % 16 === 0 || v >= values[i - 1]!)).toBe(true); // no wrap from 255 to 0
    }
    expect(row(sample.features.camera, 3)).toEqual([0, 10, 20]);
  });

  it("gives bytes what the formula gives each number by itself", () => {
    const all = Uint8Array.from({ length: 128 }, (_, i) => 2 * i + (i % 2));
    const options = { brightness: 0.4, contrast: 0.3, colour: 0.2, shiftX: 2, shiftY: 1, mirror: ["steering"] };
    for (let seed = 0; seed < 20; seed += 1) {
      const lit = (camera: Uint8Array | Float32Array) =>
        cameraAugment(contract, options)({ ...sample, features: { camera } }, random(seed)).features.camera!;
      expect([...lit(all)]).toEqual([...lit(Float32Array.from(all))]);
    }
  });

  it("changes nothing when asked for nothing", () => {
    expect(cameraAugment(withMask, {})(sample, random(1))).toEqual(sample);
  });
});

describe("labels that are computed from others", () => {
  it("follow what became of their source", () => {
    const base = syntheticDemonstrations({ episodes: 1, samplesPerEpisode: 4, seed: 1 });
    const steering = base.contract.command.steering.head;
    const head = base.contract.heads[steering]!;
    const bins = {
      ...head,
      kind: "classification",
      classes: ["0", "1", "2"],
      label: { head: steering, bins: 3, offset: 0 },
    } as unknown as typeof head;
    const contract = { ...base.contract, heads: { ...base.contract.heads, bins } };
    const before = { ...base.sample(0), labels: { [steering]: Float32Array.of(1e9), bins: Uint8Array.of(2) } };
    const sides = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const { labels } = cameraAugment(contract, { mirror: [steering] })(before, random(seed));
      sides.add(`${Math.sign(labels[steering]![0]!)} ${labels.bins![0]}`);
    }
    expect([...sides].sort()).toEqual(["-1 0", "1 2"]);
  });
});

describe("augmented", () => {
  it("shows a sample alike in whatever order samples are asked for, and otherwise in another epoch", () => {
    const base = syntheticDemonstrations({ episodes: 1, samplesPerEpisode: 10, seed: 1 });
    const view = (epoch: number) => augmented(base, cameraAugment(base.contract, { brightness: 0.5 }), 7, epoch, 4);
    const forwards = view(0);
    const backwards = view(0);
    const a = Array.from({ length: 10 }, (_, i) => forwards.feature("camera", i));
    const b = Array.from({ length: 10 }, (_, i) => backwards.feature("camera", 9 - i)).reverse();
    expect(b).toEqual(a);
    expect(view(1).feature("camera", 0)).not.toEqual(a[0]);
    expect(forwards.label("reconstruction", 3)).toEqual(forwards.feature("camera", 3));
  });
});
