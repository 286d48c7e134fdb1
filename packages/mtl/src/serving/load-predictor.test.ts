import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FeatureData } from "@polypilot/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { writeCheckpoint } from "../checkpoint/write-checkpoint.js";
import { createModel } from "../model/create-model.js";
import type { Evaluation } from "../model/evaluate.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract, tinyContractText } from "../testing/tiny-contract.js";
import { loadPredictor } from "./load-predictor.js";

const contract = tinyContract();
const batch = randomBatch(contract, 1, 5);
const features: Record<string, FeatureData> = Object.fromEntries(
  Object.entries(batch.features).map(([stream, { data }]) => [stream, data]),
);
const card = { command: "polypilot train", seed: 4, data: {}, metrics: {}, versions: {} };
let directory: string;
let truth: Evaluation;
let native: boolean;

beforeAll(async () => {
  native = (await loadBackend()).name === "tensorflow";
  directory = await mkdtemp(join(tmpdir(), "mtl-serving-"));
  const model = createModel(contract, { seed: 4 });
  let weighting = model.initialWeighting();
  for (let step = 0; step < 3; step += 1) {
    const result = model.trainStep(randomBatch(contract, 4, step), { weighting, learningRate: 0.01, step, epoch: 0 });
    weighting = result.weighting;
  }
  truth = model.evaluate(batch);
  await writeCheckpoint(directory, { model, contractText: tinyContractText, card });
  model.dispose();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((worst, value, i) => {
    return Math.max(worst, Math.abs(value - b[i]!) / Math.max(1, Math.abs(b[i]!)));
  }, 0);
}

describe("loadPredictor", () => {
  it.each(["onnxruntime-node", "wasm", "tfjs-node"] as const)(
    "answers as the trained model does on %s",
    async (runtime) => {
      if (runtime === "tfjs-node" && !native) return; // covered where the native library is built
      const predictor = await loadPredictor(directory, { runtime, heads: "all" });
      const answers = await predictor.predict(features);
      await predictor.close();
      expect(Object.keys(answers)).toEqual(Object.keys(contract.heads));
      for (const [head, { mean, sigma }] of Object.entries(answers)) {
        expect(largestDifference(mean, truth.predictions[head]!.mean)).toBeLessThan(1e-5);
        expect(largestDifference(sigma, truth.predictions[head]!.sigma)).toBeLessThan(1e-5);
      }
    },
  );

  it("answers the deployed heads with the same bits as the full model", async () => {
    const deployed = await loadPredictor(directory);
    const full = await loadPredictor(directory, { heads: "all" });
    const [a, b] = [await deployed.predict(features), await full.predict(features)];
    expect(deployed.heads).toEqual(["steering", "markings"]);
    expect(a.steering).toEqual(b.steering);
    expect(a.markings).toEqual(b.markings);
    await Promise.all([deployed.close(), full.close()]);
  });

  it("gives the same bits for the same features, and other ones for others", async () => {
    const predictor = await loadPredictor(directory);
    const [a, b] = [await predictor.predict(features), await predictor.predict(features)];
    const c = await predictor.predict({ ...features, joints: new Float32Array([55, 3]) });
    expect(a).toEqual(b);
    expect(a.steering).not.toEqual(c.steering);
    await predictor.close();
  });

  it("names inputs, heads and runtime", async () => {
    const predictor = await loadPredictor(directory);
    expect(predictor.inputs).toEqual({ camera: [10, 18, 3], lidar: [8], joints: [2], imu: [1] });
    expect(predictor.runtime).toMatch(/^onnxruntime-node \d+\.\d+\.\d+ \(cpu, 1 thread\)$/);
    await predictor.close();
  });

  it("refuses a feature of another size, of another type, and a missing one", async () => {
    const predictor = await loadPredictor(directory);
    const wrong = [
      { ...features, camera: new Uint8Array(9) },
      { ...features, camera: new Float32Array(540) },
      { camera: features.camera! },
    ];
    for (const given of wrong) await expect(predictor.predict(given)).rejects.toMatchObject({ code: "MTL_INPUT" });
    await predictor.close();
  });
});
