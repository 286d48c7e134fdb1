import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { createModel } from "../model/create-model.js";
import { tinyContract, tinyContractText } from "../testing/tiny-contract.js";
import { checkCompatible } from "./check-compatible.js";
import { readCheckpoint } from "./read-checkpoint.js";
import { writeCheckpoint } from "./write-checkpoint.js";

const contract = tinyContract();
const card = {
  command: "polypilot train --contract tiny.yaml --seed 4",
  seed: 4,
  data: { minutes: 20 },
  metrics: { autonomy: 0.97 },
  versions: { polypilot: "0.1.0" },
};
let directory: string;

beforeAll(async () => {
  await loadBackend();
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mtl-checkpoint-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(to = directory) {
  const model = createModel(contract, { seed: 4 });
  const written = await writeCheckpoint(to, { model, contractText: tinyContractText, card });
  const weights = model.getWeights();
  model.dispose();
  return { written, weights };
}

describe("a checkpoint", () => {
  it("gives back contract, weights and card", async () => {
    const { written, weights } = await write();
    const checkpoint = await readCheckpoint(directory);
    expect(checkpoint.contractText).toBe(tinyContractText);
    expect(checkpoint.contract).toEqual(contract);
    expect(checkpoint.weights()).toEqual(weights);
    expect(checkpoint.card).toEqual(written);
    expect(checkpoint.card).toMatchObject({ robot: "tiny", heads: { deployed: ["steering", "markings"] }, ...card });
    expect(checkpoint.card.parameters.deployed).toBeLessThan(checkpoint.card.parameters.all);
    expect(checkpoint.onnx("deployed").length).toBeLessThan(checkpoint.onnx("all").length);
  });

  it("is the same, byte for byte, when made again, and leaves no half file", async () => {
    const other = join(directory, "again");
    await write();
    await write(other);
    const names = await readdir(other);
    expect(names.sort()).toEqual([
      "card.json",
      "card.md",
      "contract.yaml",
      "model-all.onnx",
      "model.onnx",
      "preprocessing.json",
      "weights.safetensors",
    ]);
    for (const name of names) expect(await readFile(join(other, name))).toEqual(await readFile(join(directory, name)));
  });

  it("says in words what it is and what made it", async () => {
    await write();
    const text = await readFile(join(directory, "card.md"), "utf8");
    for (const part of ["tiny", card.command, "autonomy: 0.97", "model.onnx", "steering, markings"])
      expect(text).toContain(part);
  });

  it("keeps each stream's shape, unit and range beside the weights", async () => {
    await write();
    const { streams } = JSON.parse(await readFile(join(directory, "preprocessing.json"), "utf8"));
    expect(streams.joints).toMatchObject({
      shape: [2],
      dtype: "float32",
      unit: ["rad/s", "rad/s"],
      range: [
        [-60, 60],
        [0, 60],
      ],
    });
    expect(streams.camera.feature).toEqual(contract.streams.camera!.feature);
  });

  it("refuses a contract's text that is not the model's", async () => {
    const model = createModel(contract, { seed: 4 });
    const contractText = tinyContractText.replace("beams: 8", "beams: 9");
    await expect(writeCheckpoint(directory, { model, contractText, card })).rejects.toMatchObject({
      code: "MTL_CHECKPOINT",
    });
    model.dispose();
  });
});

describe("readCheckpoint", () => {
  it("says that a folder is no checkpoint", async () => {
    await expect(readCheckpoint(join(directory, "nothing"))).rejects.toThrow(/card\.json.*polypilot train/s);
    await writeFile(join(directory, "card.json"), "{ not json");
    await expect(readCheckpoint(directory)).rejects.toThrow(/is JSON/);
    await writeFile(join(directory, "card.json"), '{ "format": 2 }');
    await expect(readCheckpoint(directory)).rejects.toThrow(/format 1/);
  });

  it.each(["model.onnx", "weights.safetensors", "contract.yaml"])("refuses a missing or altered %s", async (name) => {
    await write();
    const path = join(directory, name);
    const bytes = await readFile(path);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(path, bytes);
    await expect(readCheckpoint(directory)).rejects.toThrow(new RegExp(`${name} has SHA-256`));
    await rm(path);
    await expect(readCheckpoint(directory)).rejects.toThrow(new RegExp(name));
  });
});

describe("checkCompatible", () => {
  it("takes a robot that differs in topics, rates and limits, or senses more", () => {
    const robot = tinyContract(["topic: /scan", "topic: /lidar/scan"], ["rate_hz: 10", "rate_hz: 12"]);
    const { imu: _, ...streams } = contract.streams;
    expect(() => checkCompatible(contract, robot)).not.toThrow();
    expect(() => checkCompatible({ ...contract, streams }, contract)).not.toThrow();
  });

  it("names every field that differs, with what was expected and found", () => {
    const robot = tinyContract(["beams: 8", "beams: 16"], ["range: [0, 60] }", "range: [-60, 60] }"]);
    expect(() => checkCompatible(contract, robot)).toThrow(
      expect.objectContaining({
        code: "MTL_COMPATIBLE",
        message: expect.stringMatching(
          /streams\.lidar\.feature\.beams 8, streams\.joints\.feature\.joints\.1\.range\.0 0.*Found streams\.lidar\.feature\.beams 16, .*range\.0 -60/,
        ),
      }),
    );
  });

  it("refuses a robot without one of the streams, or whose steering means something else", () => {
    const { imu: _, ...streams } = contract.streams;
    expect(() => checkCompatible(contract, { ...contract, streams })).toThrow(/streams\.imu\.feature.*nothing/);
    const wider = tinyContract(["range: [-0.4, 0.5]", "range: [-0.6, 0.6]"]);
    expect(() => checkCompatible(contract, wider)).toThrow(/heads\.steering\.range/);
  });
});
