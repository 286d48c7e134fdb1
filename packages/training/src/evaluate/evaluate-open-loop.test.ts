import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseContract, virtualClock } from "@polypilot/core";
import { loadBackend } from "@polypilot/mtl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { syntheticContractText, syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { fitModel } from "../train/fit-model.js";
import { train } from "../train/train.js";
import { defaultSettings } from "../train/train-options.js";
import { openLoopReport } from "../training-report/open-loop-report.js";
import { modelAnswerer, predictorAnswerer } from "./answerers.js";
import { evaluateOpenLoop } from "./evaluate-open-loop.js";
import { metricOf, scoreHeads } from "./score-heads.js";

let folder = "";
const contract = parseContract(syntheticContractText);
const unseen = syntheticDemonstrations({ episodes: 9, samplesPerEpisode: 15, seed: 77, missing: 0.5 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polypilot-open-loop-"));
  await train({
    contract,
    contractText: syntheticContractText,
    demonstrations: syntheticDemonstrations({ episodes: 5, samplesPerEpisode: 60, seed: 2 }),
    out: join(folder, "run"),
    seed: 1,
    epochs: 10,
    batchSize: 32,
    learningRate: 5e-3,
    augmentation: {},
    clock: virtualClock(),
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("evaluateOpenLoop", () => {
  it("scores the exported model on recordings it never saw, over episodes", async () => {
    const done: number[] = [];
    const result = await evaluateOpenLoop({
      checkpoint: join(folder, "run"),
      demonstrations: unseen,
      onProgress: (n) => done.push(n),
    });
    expect(metricOf(result.scores, "steering", "r2")).toBeGreaterThan(0.85);
    expect(result.scores.units).toEqual({ kind: "episodes", blockSec: 0, count: 9 });
    expect(result.scores.heads.side!.labelled).toBe(unseen.labelled.side);
    expect(done.at(-1)).toBe(135);
    const html = await openLoopReport(result, "polypilot evaluate <run>");
    expect(html).toContain("Open-loop evaluation of synthetic");
    expect(html).toContain("polypilot evaluate &lt;run&gt;");
  });

  it("takes the episodes that are asked for, and refuses one that is not there", async () => {
    const checkpoint = join(folder, "run");
    const last = await evaluateOpenLoop({ checkpoint, demonstrations: unseen, split: { lastShare: 0.2 } });
    expect(last.episodes).toEqual(["episode-7", "episode-8"]);
    const named = await evaluateOpenLoop({
      checkpoint,
      demonstrations: unseen,
      split: { episodes: ["episode-3"] },
      heads: "deployed",
    });
    expect(named.scores.samples).toBe(15);
    expect(Object.keys(named.scores.heads)).toEqual(["steering"]);
    const wrong = evaluateOpenLoop({ checkpoint, demonstrations: unseen, split: { episodes: ["episode-99"] } });
    await expect(wrong).rejects.toThrow(/Found episode-99/);
  });

  it("leaves out heads that the recording has no label of", async () => {
    const bare = syntheticDemonstrations({ episodes: 2, samplesPerEpisode: 10, seed: 5, missing: 1 });
    const { scores } = await evaluateOpenLoop({ checkpoint: join(folder, "run"), demonstrations: bare });
    expect(Object.keys(scores.heads)).toEqual(["steering", "reconstruction"]);
  });
});

describe("answerers", () => {
  it("score a model and its exported file alike", async () => {
    await loadBackend();
    const settings = { ...defaultSettings, seed: 1, epochs: 1, batchSize: 16 };
    const indices = Array.from({ length: unseen.size }, (_, i) => i);
    const { model } = await fitModel({ contract, demonstrations: unseen, settings, indices, validation: [] });
    const direct = await scoreHeads(modelAnswerer(model), { demonstrations: unseen, indices, seed: 1 });
    const oneByOne = predictorAnswerer({
      inputs: {},
      heads: model.heads,
      runtime: "the model itself",
      close: async () => {},
      predict: async (features) => {
        const batch = { size: 1, labels: {}, features: { camera: { shape: [1, 8, 16, 1], data: features.camera! } } };
        const { predictions } = model.evaluate(batch);
        const numbers = ([head, p]: [string, { mean: Float32Array; sigma: Float32Array }]) =>
          [head, { mean: Float64Array.from(p.mean), sigma: Float64Array.from(p.sigma) }] as const;
        return Object.fromEntries(Object.entries(predictions).map(numbers));
      },
    });
    const single = await scoreHeads(oneByOne, { demonstrations: unseen, indices, seed: 1 });
    model.dispose();
    for (const head of model.heads)
      for (const { name } of direct.heads[head]!.metrics)
        expect(metricOf(single, head, name)).toBeCloseTo(metricOf(direct, head, name), 4);
  });
});
