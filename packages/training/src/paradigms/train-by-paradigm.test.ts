import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseContract, virtualClock } from "@polypilot/core";
import { createModel, loadBackend, readCheckpoint } from "@polypilot/mtl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { syntheticContractText, syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { train } from "../train/train.js";
import { adaptersOnly } from "./adapters-only.js";
import { competenceCurriculum, labelDifficulty } from "./competence.js";
import { ewc } from "./ewc.js";
import { fewShot } from "./few-shot.js";
import { metaLearning } from "./meta-learning.js";
import type { Paradigm } from "./paradigm.js";
import { replay } from "./replay.js";
import { taskOrder } from "./task-order.js";
import { transfer } from "./transfer.js";

let folder = "";
beforeAll(async () => {
  await loadBackend();
  folder = await mkdtemp(join(tmpdir(), "polypilot-paradigms-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const contract = parseContract(syntheticContractText);
const demonstrations = syntheticDemonstrations({ episodes: 4, samplesPerEpisode: 12, seed: 1 });
const earlier = syntheticDemonstrations({ episodes: 2, samplesPerEpisode: 10, seed: 2 });
const indices = Array.from({ length: 20 }, (_, i) => i);
function trained(): Record<string, Float32Array> {
  const model = createModel(contract, { seed: 9 });
  const weights = model.getWeights();
  model.dispose();
  return weights;
}

const common = () => ({
  ...{
    contract,
    contractText: syntheticContractText,
    demonstrations,
    seed: 3,
    epochs: 2,
    batchSize: 12,
    learningRate: 0.01,
  },
  ...{
    averaging: 0.9,
    validationShare: 0.25,
    augmentation: { brightness: 0.1 },
    clock: virtualClock(),
    from: trained(),
  },
});

const paradigms: readonly (readonly [string, () => Paradigm])[] = [
  ["transfer", () => transfer({ mode: "heads", probe: 0.5 })],
  ["ewc", () => ewc({ strength: 10, samples: 5 })],
  ["replay", () => replay({ sources: [earlier], capacity: 8 })],
  ["competence", () => competenceCurriculum({ difficulty: labelDifficulty("steering"), start: 0.3 })],
  ["task order", () => taskOrder({ stages: [["steering"], ["side", "reconstruction"]], delta: 0.1 })],
  ["reptile", () => metaLearning({ algorithm: "reptile", innerSteps: 1, tasksPerStep: 1, shots: 3 })],
];

describe.each(paradigms)("training by %s", (name, paradigm) => {
  it("ends with the same bits whether it was stopped in the middle or not", async () => {
    const options = { ...common(), earlier: [{ demonstrations: earlier, indices }] };
    const [straight, stopped] = [join(folder, `${name}-a`), join(folder, `${name}-b`)];
    expect((await train({ ...options, paradigm: paradigm(), out: straight })).status).toBe("finished");
    const stop = new AbortController();
    let steps = 0;
    const onProgress = (p: { kind: string }) => {
      if (p.kind === "step" && ++steps === 4) stop.abort();
    };
    const half = await train({ ...options, paradigm: paradigm(), out: stopped, onProgress, signal: stop.signal });
    expect(half.status).toBe("interrupted");
    await train({ ...options, paradigm: paradigm(), out: stopped, resume: true });
    const weights = async (out: string) => (await readCheckpoint(out)).weights();
    expect(await weights(stopped)).toEqual(await weights(straight));
    const { card } = await readCheckpoint(stopped);
    expect(card.learning).toMatchObject({
      way: paradigm().name,
      options: paradigm().settings,
      earlierSamples: [indices.length],
    });
    const report = await readFile(join(stopped, "report.html"), "utf8");
    expect(report).toContain(`heads, ${paradigm().name}`);
    const other = train({ ...options, out: stopped, resume: true });
    await expect(other).rejects.toThrow(/TRAINING_FOLDER|paradigm|gone on/);
  });
});

describe("train", () => {
  it("starts from a checkpoint's weights and keeps every bit of what transfer freezes", async () => {
    const out = join(folder, "frozen");
    await train({ ...common(), paradigm: transfer({ mode: "frozen" }), out });
    const [before, after] = [trained(), (await readCheckpoint(out)).weights()];
    for (const [parameter, values] of Object.entries(before)) {
      if (parameter.startsWith("encoder/")) expect(after[parameter], parameter).toEqual(values);
    }
    expect(after["head/steering/mean/kernel"]).not.toEqual(before["head/steering/mean/kernel"]);
  });

  it("fits one head from few samples where the others have no labels, and leaves the others' bits", async () => {
    const out = join(folder, "few");
    const bare = {
      ...demonstrations,
      label: (head: string, index: number) => (head === "side" ? demonstrations.label(head, index) : undefined),
    };
    const paradigm = fewShot({ head: "side", shots: 5, seed: 3 });
    await train({ ...common(), demonstrations: bare, validationShare: 0, paradigm, out });
    const [before, after] = [trained(), (await readCheckpoint(out)).weights()];
    for (const [parameter, values] of Object.entries(before)) {
      if (parameter.startsWith("head/side/")) expect(after[parameter]).not.toEqual(values);
      else expect(after[parameter], parameter).toEqual(values);
    }
    const refused = train({
      ...common(),
      demonstrations: bare,
      validationShare: 0,
      paradigm: adaptersOnly(["steering"]),
      out: join(folder, "none"),
    });
    await expect(refused).rejects.toThrow(/head steering.*labels/s);
  });
});
