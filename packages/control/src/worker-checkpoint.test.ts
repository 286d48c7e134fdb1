import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FeatureData, parseContract, random } from "@polypilot/core";
import { createModel, loadBackend, writeCheckpoint } from "@polypilot/mtl";
import { loadPredictor } from "@polypilot/mtl/serving";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerPredictor } from "./worker-predictor.js";

let checkpoint: string;

beforeAll(async () => {
  checkpoint = await mkdtemp(join(tmpdir(), "control-"));
  const contractText = await readFile(new URL("../../../contracts/sim-car.yaml", import.meta.url), "utf8");
  await loadBackend();
  const model = createModel(parseContract(contractText), { seed: 1 });
  const card = { command: "test", seed: 1, data: {}, metrics: {}, versions: {} };
  await writeCheckpoint(checkpoint, { model, contractText, card });
  model.dispose();
});
afterAll(() => rm(checkpoint, { recursive: true, force: true }));

describe("workerPredictor with a checkpoint", () => {
  it("answers bit for bit as the same checkpoint does in this process", async () => {
    const [here, there] = [await loadPredictor(checkpoint), await workerPredictor({ checkpoint })];
    expect(there.inputs).toEqual(here.inputs);
    expect([there.heads, there.runtime]).toEqual([here.heads, here.runtime]);
    const chance = random(2);
    for (let i = 0; i < 5; i += 1) {
      const features: Record<string, FeatureData> = {
        camera: Uint8Array.from({ length: 48 * 80 * 3 }, () => chance.integer(256)),
        lidar: Float32Array.from({ length: 32 }, () => 8 * chance.uniform()),
        joints: Float32Array.from({ length: 2 }, () => 20 * chance.normal()),
      };
      expect(await there.predict(features)).toEqual(await here.predict(features));
    }
    await Promise.all([here.close(), there.close()]);
  });

  it("says what is wrong with a folder that holds none", async () => {
    const nowhere = join(checkpoint, "nowhere");
    await expect(workerPredictor({ checkpoint: nowhere })).rejects.toThrow(
      `[mtl] [checkpoint ${nowhere}] the folder has a card.json. Found none that can be read.`,
    );
  });

  it("may be closed in the middle of an inference", async () => {
    const predictor = await workerPredictor({ checkpoint });
    const features = { camera: new Uint8Array(48 * 80 * 3), lidar: new Float32Array(32), joints: new Float32Array(2) };
    const pending = Array.from({ length: 20 }, () => predictor.predict(features).catch((e: Error) => e.message));
    await predictor.close();
    expect((await Promise.all(pending)).at(-1)).toBe("the worker was closed");
  });
});
