import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FeatureData, parseContract } from "@polypilot/core";
import { loadBackend } from "./backend.js";
import { readCheckpoint } from "./checkpoint/read-checkpoint.js";
import { writeCheckpoint } from "./checkpoint/write-checkpoint.js";
import { createModel, type MultiTaskModel } from "./model/create-model.js";
import { loadPredictor, type PredictorOptions } from "./serving/load-predictor.js";
import { randomBatch } from "./testing/random-batch.js";

type Report = (row: { name: string; value: number; unit: string; note?: string }) => void;

const BATCH = 32;
const contractFile = fileURLToPath(new URL("../../../contracts/sim-car.yaml", import.meta.url));

/** The middle of several timings, in milliseconds. */
function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function benchTraining(model: MultiTaskModel, report: Report, note: string): void {
  const batch = randomBatch(model.contract, BATCH, 1);
  let weighting = model.initialWeighting();
  const times: number[] = [];
  for (let step = 0; step < 15; step += 1) {
    const start = performance.now();
    weighting = model.trainStep(batch, { weighting, learningRate: 1e-3, clipNorm: 5, step, epoch: 0 }).weighting;
    if (step >= 3) times.push(performance.now() - start);
  }
  const ms = median(times);
  report({ name: `mtl: training step, batch ${BATCH}`, value: ms, unit: "ms", note });
  report({ name: "mtl: training", value: (1000 * BATCH) / ms, unit: "samples/s", note });
}

async function benchInference(directory: string, options: PredictorOptions, report: Report): Promise<void> {
  const predictor = await loadPredictor(directory, options);
  const { contract } = await readCheckpoint(directory);
  const features: Record<string, FeatureData> = Object.fromEntries(
    Object.entries(randomBatch(contract, 1, 2).features).map(([stream, { data }]) => [stream, data]),
  );
  const times: number[] = [];
  for (let i = 0; i < 120; i += 1) {
    const start = performance.now();
    await predictor.predict(features);
    if (i >= 20) times.push(performance.now() - start);
  }
  await predictor.close();
  const note = predictor.runtime;
  report({
    name: `mtl: inference, ${options.heads} heads, ${options.runtime}`,
    value: median(times),
    unit: "ms",
    note,
  });
}

/** Measures training, inference on each runtime, and what deleting the auxiliary heads saves, on the built-in car's contract. */
export async function bench(report: Report): Promise<void> {
  const contractText = await readFile(contractFile, "utf8");
  const backend = await loadBackend();
  const model = createModel(parseContract(contractText), { seed: 1 });
  const directory = await mkdtemp(join(tmpdir(), "polypilot-bench-"));
  try {
    if (backend.name === "tensorflow") benchTraining(model, report, backend.description);
    const card = { command: "pnpm bench", seed: 1, data: {}, metrics: {}, versions: {} };
    const { files, parameters } = await writeCheckpoint(directory, { model, contractText, card });
    for (const [heads, name] of [
      ["deployed", "model.onnx"],
      ["all", "model-all.onnx"],
    ] as const) {
      const note = `${parameters[heads]} parameters`;
      report({ name: `mtl: model with ${heads} heads`, value: files[name]!.bytes / 1024, unit: "KiB", note });
    }
    for (const heads of ["deployed", "all"] as const) {
      await benchInference(directory, { heads, runtime: "onnxruntime-node" }, report);
      await benchInference(directory, { heads, runtime: "wasm" }, report);
      if (backend.name === "tensorflow") await benchInference(directory, { heads, runtime: "tfjs-node" }, report);
    }
  } finally {
    model.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}
