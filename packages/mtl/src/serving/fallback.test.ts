import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { loadBackend } from "../backend.js";
import { writeCheckpoint } from "../checkpoint/write-checkpoint.js";
import { createModel } from "../model/create-model.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract, tinyContractText } from "../testing/tiny-contract.js";
import { loadPredictor } from "./load-predictor.js";

vi.mock("onnxruntime-node", () => {
  throw new Error("libonnxruntime.so.1: cannot open shared object file");
});

const contract = tinyContract();
let directory: string;

beforeAll(async () => {
  await loadBackend();
  directory = await mkdtemp(join(tmpdir(), "mtl-fallback-"));
  const model = createModel(contract, { seed: 4 });
  const card = { command: "polypilot train", seed: 4, data: {}, metrics: {}, versions: {} };
  await writeCheckpoint(directory, { model, contractText: tinyContractText, card });
  model.dispose();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it("answers in WebAssembly where onnxruntime-node does not load, and says so", async () => {
  const predictor = await loadPredictor(directory);
  expect(predictor.runtime).toMatch(
    /^onnxruntime-web [\d.]+ \(wasm, 1 thread\), since onnxruntime-node did not load: /,
  );
  const { features } = randomBatch(contract, 1, 2);
  const given = Object.fromEntries(Object.entries(features).map(([stream, { data }]) => [stream, data]));
  const { steering } = await predictor.predict(given);
  expect(Number.isFinite(steering!.mean[0])).toBe(true);
  await predictor.close();
});

it("refuses where that very runtime is asked for", async () => {
  await expect(loadPredictor(directory, { runtime: "onnxruntime-node" })).rejects.toMatchObject({
    code: "MTL_RUNTIME",
  });
});
