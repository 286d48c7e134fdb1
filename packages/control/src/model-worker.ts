// The worker's program: loads a model, answers one question after another. It knows no robot and no clock.
import { parentPort, workerData } from "node:worker_threads";
import { type FeatureData, type Predictor, sizeOf } from "@polypilot/core";
import { buffersOf, type Question, type WorkerMessage, type WorkerStart } from "./worker-protocol.js";

interface Loader {
  loadPredictor(checkpoint: string, options: WorkerStart["options"]): Promise<Predictor>;
}

const port = parentPort!;
const textOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
const say = (message: WorkerMessage, features: Question["features"] = {}) =>
  port.postMessage(message, buffersOf(features));

/** Loads the model and runs it once on zeros, so that the first real answer is as quick as the others; what it says is no matter. */
async function load({ loader, checkpoint, options }: WorkerStart): Promise<Predictor> {
  const { loadPredictor } = (await import(loader)) as Loader;
  const predictor = await loadPredictor(checkpoint, options);
  const zeros: Record<string, FeatureData> = {};
  for (const [name, shape] of Object.entries(predictor.inputs)) {
    zeros[name] = shape.length === 3 ? new Uint8Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  }
  await predictor.predict(zeros).catch(() => {});
  return predictor;
}

async function answer(predictor: Predictor, { id, features }: Question): Promise<void> {
  try {
    const heads = await predictor.predict(features);
    say({ kind: "answer", id, features, heads }, features);
  } catch (cause) {
    say({ kind: "failed", id, features, error: textOf(cause) }, features);
  }
}

try {
  const predictor = await load(workerData as WorkerStart);
  port.on("message", (question: Question) => void answer(predictor, question));
  say({ kind: "ready", inputs: predictor.inputs, heads: predictor.heads, runtime: predictor.runtime });
} catch (cause) {
  say({ kind: "refused", error: textOf(cause) });
}
