import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FeatureSpec, random, sizeOf } from "@polypilot/core";
import { afterAll, beforeAll } from "vitest";
import { loadBackend } from "../backend.js";
import { pretrained } from "../encoders/pretrained.js";
import type { Context } from "../module.js";
import { createParameterSet } from "../parameter-set.js";
import { drawWeights, native, residualModel, sequentialModel, writeGraphModel } from "./keras-models.js";

/** Not training: no dropout. */
export const still: Context = { training: false, random: random(0) };
/** What a camera gives. */
export const image = (height: number, width: number, channels = 3): FeatureSpec => ({
  shape: [height, width, channels],
  dtype: "uint8",
  unit: "intensity",
  range: [[0, 255]],
});
export const joints: FeatureSpec = {
  shape: [2],
  dtype: "float32",
  unit: "rad",
  range: [
    [-1, 1],
    [-1, 1],
  ],
};

/** The encoder `x` from a net, and its parameters. */
export function build(spec: FeatureSpec, options: Record<string, unknown>) {
  const module = pretrained.create("encoder/x", spec, options);
  const parameters = createParameterSet(
    module.parameters.map((p) => ({ ...p, owner: "shared" as const })),
    1,
  );
  return { module, parameters };
}

/** n inputs within the range, the same at each call. */
export function pixels(spec: FeatureSpec, n: number): Float32Array {
  const { uniform } = random(5);
  const [low, high] = spec.range[0]!;
  return Float32Array.from({ length: n * sizeOf(spec.shape) }, () => low + (high - low) * uniform());
}

async function writeNets(folder: string): Promise<void> {
  await loadBackend();
  const save = async (name: string, model: ReturnType<typeof residualModel>) => {
    drawWeights(model, name.length);
    await model.save(`file://${join(folder, name)}`);
  };
  const { sequential, layers } = native();
  await save("sequential", sequentialModel(16, 21));
  await save("residual", residualModel(9, 12));
  await save("nested", sequential({ layers: [residualModel(9, 12), layers.dense({ units: 3, name: "end" })] }));
  const dense = (units: number, name: string, more = {}) => layers.dense({ units, name, ...more });
  await save(
    "mlp",
    sequential({ layers: [dense(5, "one", { inputShape: [2], activation: "tanh" }), dense(3, "two")] }),
  );
  await save(
    "recurrent",
    sequential({
      layers: [layers.reshape({ inputShape: [2], targetShape: [1, 2] }), layers.lstm({ units: 2, name: "memory" })],
    }),
  );
  writeGraphModel(join(folder, "graph"), 10, 14);
}

/** A folder with nets as TensorFlow.js saves them, for the tests of one file: sequential, residual, nested, mlp, recurrent, graph. */
export function pretrainedNets(): { readonly folder: string; readonly pathOf: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), "mtl-pretrained-"));
  beforeAll(() => writeNets(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, pathOf: (name) => join(folder, name, "model.json") };
}
