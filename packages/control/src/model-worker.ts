// The worker's program: loads a model, answers one question after another. It knows no robot and no clock.
import { type FeatureData, type Predictor, sizeOf } from "@polypilot/core";
import type { Question, WorkerMessage, WorkerStart } from "./worker-protocol.js";

interface Loader {
  loadPredictor(checkpoint: string, options: WorkerStart["options"]): Promise<Predictor>;
}

const textOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
const say = (message: WorkerMessage) => process.send?.(message);

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
    say({ kind: "answer", id, heads: await predictor.predict(features) });
  } catch (cause) {
    say({ kind: "failed", id, error: textOf(cause) });
  }
}

async function begin(start: WorkerStart): Promise<void> {
  try {
    const predictor = await load(start);
    process.on("message", (question: Question) => void answer(predictor, question));
    say({ kind: "ready", inputs: predictor.inputs, heads: predictor.heads, runtime: predictor.runtime });
  } catch (cause) {
    say({ kind: "refused", error: textOf(cause) });
  }
}

process.on("SIGINT", () => {}); // Ctrl-C is for the one who drives: first the robot stops, then this is ended
process.on("disconnect", () => process.exit());
process.once("message", (start: WorkerStart) => void begin(start));
