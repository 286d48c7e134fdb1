import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchCount, batches } from "./batches.js";
import { someDemonstrations } from "./testing/demonstrations.js";

const demos = await someDemonstrations(3, 15);
const indices = Array.from({ length: 45 }, (_, i) => i);
const options = { batchSize: 8, seed: 7, epoch: 2, shuffle: true };
/** The frames of a batch: each image is filled with its frame's number. */
const frames = (batch: { size: number; features: Record<string, { data: ArrayLike<number> }> }) =>
  Array.from({ length: batch.size }, (_, i) => batch.features.camera!.data[i * 64]!);

describe("batches", () => {
  it("holds features, labels and masks side by side, and zeros where a label is missing", () => {
    const [batch] = [...batches(demos, [0, 3, 4, 14], { ...options, batchSize: 4, shuffle: false })];
    expect(batch!.features.camera).toMatchObject({ shape: [4, 8, 8, 1] });
    expect(batch!.features.camera!.data).toBeInstanceOf(Uint8Array);
    expect(frames(batch!)).toEqual([0, 3, 4, 14]);
    expect(batch!.labels.steering!.shape).toEqual([4, 1]);
    expect([...batch!.labels.steering!.mask]).toEqual([1, 1, 0, 0]);
    expect([...batch!.labels.steering!.data].map((x) => Math.round(x * 1000))).toEqual([0, 3, 0, 0]);
    expect([...batch!.labels.next!.mask]).toEqual([1, 1, 1, 0]);
    expect(batch!.labels.next!.data.slice(64, 128).every((x) => x === 5)).toBe(true);
    expect(batch!.labels.next!.data.slice(192).every((x) => x === 0)).toBe(true);
  });

  it("gives every sample once an epoch, in an order of the seed and the epoch alone", () => {
    const order = (more: object) => [...batches(demos, indices, { ...options, ...more })].flatMap(frames);
    expect(order({}).toSorted((a, b) => a - b)).toEqual(indices);
    expect(order({})).toEqual(order({}));
    expect(order({ epoch: 3 })).not.toEqual(order({}));
    expect(order({ seed: 8 })).not.toEqual(order({}));
    expect(order({ shuffle: false })).toEqual(indices);
  });

  it("gives a resumed run the batches that it had not seen", () => {
    const whole = [...batches(demos, indices, options)];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), (step) => {
        expect([...batches(demos, indices, { ...options, step })]).toEqual(whole.slice(step));
      }),
    );
  });

  it("keeps or drops a last batch that is not full", () => {
    const sizes = (partial: "keep" | "drop") =>
      [...batches(demos, indices, { ...options, partial })].map((b) => b.size);
    expect(sizes("keep")).toEqual([8, 8, 8, 8, 8, 5]);
    expect(sizes("drop")).toEqual([8, 8, 8, 8, 8]);
    expect([batchCount(45, { batchSize: 8 }), batchCount(45, { batchSize: 8, partial: "drop" })]).toEqual([6, 5]);
  });
});
