import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseContract, type Sample, virtualClock } from "@polypilot/core";
import { readCheckpoint } from "@polypilot/mtl";
import { loadPredictor } from "@polypilot/mtl/serving";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metricOf } from "../evaluate/score-heads.js";
import { syntheticContractText, syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { train } from "./train.js";
import type { TrainOptions, TrainProgress } from "./train-options.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polypilot-train-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const contract = parseContract(syntheticContractText);
const demonstrations = syntheticDemonstrations({ episodes: 10, samplesPerEpisode: 40, seed: 2, missing: 0.2 });
const base = {
  contract,
  contractText: syntheticContractText,
  demonstrations,
  seed: 3,
  batchSize: 32,
  epochs: 4,
  learningRate: 5e-3,
  augmentation: { brightness: 0.1 },
  clock: virtualClock(),
} satisfies Partial<TrainOptions>;

const changed = (change: (sample: Sample, index: number) => Sample) =>
  syntheticDemonstrations({ episodes: 4, samplesPerEpisode: 20, seed: 2, change });

describe("train", () => {
  it("learns to steer, and leaves a checkpoint whose deployed model proves to be the full one, a card and a report", async () => {
    const out = join(folder, "whole");
    const kinds: TrainProgress["kind"][] = [];
    const result = await train({
      ...base,
      epochs: 12,
      out,
      command: "polypilot train <x>",
      onProgress: (p) => kinds.push(p.kind),
    });
    if (result.status !== "finished") throw new Error("not finished");
    expect(metricOf(result.scores, "steering", "r2")).toBeGreaterThan(0.9);
    expect(metricOf(result.scores, "side", "accuracy")).toBeGreaterThan(0.8);
    expect(result.deployment.identical).toEqual({ tensorflow: true, onnx: true });
    expect(result.deployment.heads).toEqual(["steering"]);
    expect(result.deployment.deployed.bytes).toBeLessThan(result.deployment.full.bytes);
    expect(result.deployment.largestDifference).toBeLessThan(1e-5);
    const { card } = await readCheckpoint(out);
    expect(card.command).toBe("polypilot train <x>");
    const metrics = card.metrics as {
      heads: Record<string, Record<string, { value: number; low: number; high: number }>>;
    };
    const r2 = metrics.heads.steering!.r2!;
    expect(r2.low).toBeLessThan(r2.value);
    expect(r2.high).toBeGreaterThan(r2.value);
    const predictor = await loadPredictor(out);
    const { steering } = await predictor.predict(demonstrations.sample(0).features);
    await predictor.close();
    expect(steering!.mean[0]).toBeCloseTo(demonstrations.label("steering", 0)![0]!, 0);
    const report = await readFile(result.report, "utf8");
    expect(report).toContain("polypilot train &lt;x&gt;");
    expect(report.match(/<svg /g)!.length).toBeGreaterThan(10);
    expect(report).not.toContain("No episode was held back");
    expect(card.learning).toEqual(result.learning);
    expect(result.learning.way).toBe("joint");
    expect(new Set(kinds)).toEqual(new Set(["step", "validate", "epoch", "finish"]));
  });

  it("trains on everything and deploys the last epoch where nothing is to validate", async () => {
    const out = join(folder, "all");
    const result = await train({ ...base, out, validationShare: 0 });
    if (result.status !== "finished") throw new Error("not finished");
    expect(result).toMatchObject({ deployedEpoch: 3, best: {}, scoredOn: "training", ended: "epochs" });
    const { card } = await readCheckpoint(out);
    expect(card.data).toMatchObject({ training: { episodes: 10 }, validation: { episodes: [], samples: 0 } });
    const report = await readFile(result.report, "utf8");
    expect(report).toContain("nothing was held back");
    expect(report).toMatch(
      /<strong>Warning\.<\/strong> No episode was held back.*--validation 0\.2.*polypilot evaluate/,
    );
  });

  it("deploys the same weights whether it was interrupted and resumed or not", async () => {
    const whole = await train({ ...base, out: join(folder, "a") });
    const stop = new AbortController();
    let steps = 0;
    const out = join(folder, "b");
    const first = await train({
      ...base,
      out,
      signal: stop.signal,
      onProgress: (p) => p.kind === "step" && ++steps === 14 && stop.abort(),
    });
    expect(first.status).toBe("interrupted");
    expect(existsSync(join(out, "card.json"))).toBe(false);
    const second = await train({ ...base, out, resume: true });
    expect(second.status).toBe("finished");
    expect(second.history).toEqual(whole.history);
    for (const file of ["weights.safetensors", "model.onnx"])
      expect((await readFile(join(out, file))).equals(await readFile(join(folder, "a", file)))).toBe(true);
  });

  it("learns other weights from another seed", async () => {
    const options = { ...base, epochs: 1, validationEpisodes: ["episode-0"] };
    await train({ ...options, out: join(folder, "seed-3") });
    await train({ ...options, out: join(folder, "seed-4"), seed: 4 });
    const weights = (name: string) => readFile(join(folder, name, "weights.safetensors"));
    expect((await weights("seed-3")).equals(await weights("seed-4"))).toBe(false);
  });

  it("stops when the primary head has not got better for as long as its patience", async () => {
    const result = await train({ ...base, out: join(folder, "patience"), epochs: 40, patience: 2, learningRate: 1e-9 });
    if (result.status !== "finished") throw new Error("not finished");
    expect(result.ended === "patience" ? result.history.length - 1 - result.deployedEpoch : 2).toBe(2);
  });

  it("names the head and the step where a loss is no longer finite", async () => {
    const spoilt = changed((sample, i) =>
      i % 80 === 30 ? { ...sample, labels: { ...sample.labels, steering: Float32Array.of(Number.NaN) } } : sample,
    );
    const out = join(folder, "nan");
    await expect(train({ ...base, demonstrations: spoilt, out, validationEpisodes: ["episode-3"] })).rejects.toThrow(
      /\[training\] \[epoch 1, step \d\] the loss of steering stays finite\. Found NaN\. Lower the learning rate/,
    );
  });

  it("refuses demonstrations without label for a head, naming the topic to record", async () => {
    const bare = changed((sample) => {
      const { side: _, ...labels } = sample.labels;
      return { ...sample, labels };
    });
    await expect(train({ ...base, demonstrations: bare, out: join(folder, "bare") })).rejects.toThrow(
      /\[head side\].*Found none in 3 episodes\. Record \/truth\/side/,
    );
    expect(existsSync(join(folder, "bare"))).toBe(false);
  });

  it("says so if all labels of a head are in the episodes that do not train", async () => {
    const apart = changed((sample, i) => {
      const { side, ...labels } = sample.labels;
      return { ...sample, labels: i < 60 || !side ? labels : { ...labels, side } };
    });
    const options = { ...base, demonstrations: apart, out: join(folder, "apart") };
    await expect(train({ ...options, validationEpisodes: ["episode-3"] })).rejects.toThrow(
      /\[head side\] the training episodes.*Found none in 3 episodes\. All its labels are in the other episodes/,
    );
  });

  it("refuses a folder that holds something else, another contract on resume, and impossible options", async () => {
    await writeFile(join(folder, "precious.txt"), "mine");
    await expect(train({ ...base, out: folder })).rejects.toThrow(/the folder is empty or does not exist yet/);
    const out = join(folder, "again");
    await train({ ...base, epochs: 1, out });
    await expect(train({ ...base, epochs: 1, out })).rejects.toThrow(/Found another run/);
    const contractText = syntheticContractText.replace("size: 16", "size: 12");
    const other = { ...base, epochs: 1, out, resume: true, contractText, contract: parseContract(contractText) };
    await expect(train(other)).rejects.toThrow(/begun: contract .* Found contract/);
    await expect(train({ ...base, out, epochs: 0 })).rejects.toThrow(/\[epochs\] a whole number from 1.*Found 0/);
    await expect(train({ ...base, out, validationEpisodes: ["episode-99"] })).rejects.toThrow(/Found episode-99/);
  });
});
