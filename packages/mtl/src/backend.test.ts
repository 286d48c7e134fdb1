import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, expect, it, vi } from "vitest";
import { loadBackend } from "./backend.js";
import { createModel } from "./model/create-model.js";
import { randomBatch } from "./testing/random-batch.js";
import { tinyContract } from "./testing/tiny-contract.js";

const contract = tinyContract();
const batch = randomBatch(contract, 1, 3);
const native = vi.hoisted(() => ({ missing: false }));
vi.mock("node:module", async (original) => {
  const module = await original<typeof import("node:module")>();
  const load = (url: string | URL) => {
    const require = module.createRequire(url);
    return (name: string) => {
      if (native.missing) throw new Error("Cannot find module 'tfjs_binding.node'.\nRequire stack:");
      return require(name) as unknown;
    };
  };
  return { ...module, createRequire: load };
});
afterAll(() => {
  native.missing = false;
});

function answers() {
  const model = createModel(contract, { seed: 1 });
  const { predictions } = model.evaluate(batch);
  model.dispose();
  return predictions;
}

it("says what to type where the native library is asked for and missing", async () => {
  native.missing = true;
  await expect(loadBackend({ prefer: "tensorflow" })).rejects.toMatchObject({
    code: "MTL_BACKEND",
    message: expect.stringMatching(/Found Cannot find module 'tfjs_binding\.node'\. Type `npm start`/),
  });
});

it("falls back to plain JavaScript, with the reason, where any backend will do", async () => {
  native.missing = true;
  const info = await loadBackend();
  expect(info).toMatchObject({ name: "cpu", missing: "Cannot find module 'tfjs_binding.node'" });
  expect(tf.getBackend()).toBe("cpu");
});

it("answers alike in plain JavaScript and on the native library", async () => {
  native.missing = false;
  await loadBackend({ prefer: "cpu" });
  const plain = answers();
  const info = await loadBackend();
  if (info.name === "cpu") return; // nothing to compare with on this machine
  const fast = answers();
  for (const [head, { mean }] of Object.entries(plain)) {
    const largest = mean.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    mean.forEach((value, i) => {
      expect(Math.abs(value - fast[head]!.mean[i]!)).toBeLessThan(1e-5 * largest);
    });
  }
});

it("trains alike in plain JavaScript and on the native library", async () => {
  native.missing = false;
  const gradientNorm = async (prefer: "cpu" | "tensorflow") => {
    await loadBackend({ prefer });
    const model = createModel(contract, { seed: 1 });
    const options = { weighting: model.initialWeighting(), learningRate: 0.01, step: 0, epoch: 0 };
    const result = model.trainStep(batch, options);
    model.dispose();
    return result.gradientNorm;
  };
  const plain = await gradientNorm("cpu");
  if ((await loadBackend()).name === "cpu") return; // nothing to compare with on this machine
  expect(Math.abs((await gradientNorm("tensorflow")) - plain)).toBeLessThan(1e-3 * plain);
});

it("puts back what Node 23 took away and tfjs-node calls", async () => {
  await loadBackend();
  const { isNullOrUndefined } = util as unknown as { isNullOrUndefined: (x: unknown) => boolean };
  expect([isNullOrUndefined(null), isNullOrUndefined(0)]).toEqual([true, false]);
});
