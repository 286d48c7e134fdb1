import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseContract } from "@polypilot/core";
import { createModel, loadBackend, readCheckpoint } from "@polypilot/mtl";
import { afterAll, expect, it } from "vitest";
import { syntheticContractText, syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { type GrowCheckpointOptions, type GrowResult, growCheckpoint } from "./grow-checkpoint.js";

const { name, missing } = await loadBackend();
if (missing) console.warn(`skipped: the native TensorFlow library does not load (${missing})`);
const folder = await mkdtemp(join(tmpdir(), "polypilot-grow-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const contractText = syntheticContractText.replace(
  "{ architecture: hard, options: { size: 16 } }",
  "{ architecture: fully-adaptive, options: { size: 8 } } # a tree",
);
const common: GrowCheckpointOptions = {
  contract: parseContract(contractText),
  contractText,
  demonstrations: syntheticDemonstrations({ episodes: 5, samplesPerEpisode: 20, seed: 1, contractText }),
  out: join(folder, "grown"),
  seed: 3,
  epochs: 1,
  batchSize: 20,
  augmentation: {},
  most: 2,
};

it.skipIf(name !== "tensorflow")("makes a checkpoint whose contract names the tree that was found", async () => {
  const told: string[] = [];
  const result = await growCheckpoint({
    ...common,
    onProgress: (p) => {
      if (p.kind === "companion") told.push(p.name);
    },
  });
  expect(result.status).toBe("finished");
  const { contract, weights } = await readCheckpoint(common.out);
  expect(contract.sharing.options.groups).toEqual(result.levels.map((level) => level.groups));
  const model = createModel(contract, { seed: 1 });
  model.setWeights(weights());
  if (result.status === "finished") {
    expect(result.parameters).toBe(model.parameters.total);
    expect(result.deployment.identical).toEqual({ tensorflow: true, onnx: true });
  }
  expect(told).toHaveLength(1 + result.levels.length);
  model.dispose();
});

/** Stops at the n-th step that is told, from 1, whichever round it belongs to. */
async function stoppedAt(out: string, options: GrowCheckpointOptions, step: number): Promise<GrowResult> {
  const stop = new AbortController();
  let steps = 0;
  return growCheckpoint({
    ...options,
    out,
    signal: stop.signal,
    onProgress: ({ kind }) => {
      if (kind !== "step") return;
      steps += 1;
      if (steps === step) stop.abort();
    },
  });
}

it.skipIf(name !== "tensorflow")(
  "goes on bit for bit wherever it was stopped: in the first round, between two levels, in the grown net",
  async () => {
    const options = { ...common, epochs: 2 };
    const straight = await growCheckpoint({ ...options, out: join(folder, "straight") });
    // 4 training episodes of 20 samples: a round of one epoch is 4 steps. The grown net takes 8 more.
    const out = join(folder, "in-parts");
    const rounds = straight.levels.length;
    const first = await stoppedAt(out, options, 2);
    expect(first).toEqual({ status: "interrupted", out, levels: [] });
    const between = await stoppedAt(out, { ...options, resume: true }, 2 + 4);
    expect(between).toMatchObject({ status: "interrupted", levels: straight.levels.slice(0, 1) });
    const within = await stoppedAt(out, { ...options, resume: true }, 4 * rounds - 6 + 5);
    expect(within).toMatchObject({ status: "interrupted", levels: straight.levels });
    const whole = await growCheckpoint({ ...options, out, resume: true });
    expect(whole.levels).toEqual(straight.levels);
    const [a, b] = [await readCheckpoint(join(folder, "straight")), await readCheckpoint(out)];
    expect(b.weights()).toEqual(a.weights());
    expect(b.contract).toEqual(a.contract);
  },
);

it("keeps where it stood when it is stopped before anything, and goes on with the same options only", async () => {
  const out = join(folder, "stopped");
  const result = await growCheckpoint({ ...common, out, signal: AbortSignal.abort() });
  expect(result).toEqual({ status: "interrupted", out, levels: [] });
  await expect(growCheckpoint({ ...common, out })).rejects.toThrow(/another run/);
  const resumed = { ...common, out, resume: true };
  await expect(growCheckpoint({ ...resumed, layerCost: 0.5 })).rejects.toThrow(/begun.*Found layerCost 0.5/);
  await expect(growCheckpoint({ ...resumed, seed: 4 })).rejects.toThrow(/seed 4/);
  await expect(growCheckpoint({ ...resumed, out: join(folder, "none") })).rejects.toThrow(/a run to go on with/);
  expect(await growCheckpoint({ ...resumed, signal: AbortSignal.abort() })).toEqual(result);
});

it("refuses a folder that holds something, and another architecture", async () => {
  const out = join(folder, "full");
  await mkdir(out);
  await writeFile(join(out, "notes.txt"), "mine");
  await expect(growCheckpoint({ ...common, out })).rejects.toThrow(/empty or does not exist/);
  const contract = parseContract(syntheticContractText);
  const to = join(folder, "x");
  await expect(growCheckpoint({ ...common, contract, out: to })).rejects.toThrow(/fully-adaptive/);
  await expect(growCheckpoint({ ...common, roundEpochs: 0, out: to })).rejects.toThrow(/epochs a round.*Found 0/);
  const { steering } = common.contract.heads;
  const alone = { ...common.contract, heads: { steering: steering! } };
  await expect(growCheckpoint({ ...common, contract: alone, out: to })).rejects.toThrow(
    /two heads or more.*Found steering/,
  );
  expect(existsSync(to)).toBe(false);
  await expect(growCheckpoint({ ...common, out: join(out, "notes.txt") })).rejects.toThrow(/a folder.*Found a file/);
});
