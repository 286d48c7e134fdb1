import { parseContract, random, type Sample } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";
import { createModel, loadBackend } from "@polypilot/mtl";
import { beforeAll, expect, it } from "vitest";
import { syntheticContractText, syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { defaultSettings } from "../train/train-options.js";
import { type GrowOptions, type Growth, growBranches } from "./grow-branches.js";

beforeAll(async () => {
  await loadBackend();
});

const head = (name: string) => `
  ${name}:
    kind: regression
    loss: mse
    unit: rad
    range: [-0.5, 0.5]
    label: { topic: /${name}, type: polypilot_msgs/msg/Scalar, field: value }
    role: auxiliary
    auxiliary: related_task
    deploy: false
    options: { hidden: 0 }`;
const NAMES = ["a1", "b1", "a2", "b2", "a3"];
const contract = parseContract(
  syntheticContractText
    .replace("{ architecture: hard, options: { size: 16 } }", "{ architecture: fully-adaptive, options: { size: 8 } }")
    .replace(/ {2}side:[\s\S]*?(?=sharing:)/, `${NAMES.map((name) => head(name).slice(1)).join("\n")}\n`),
);

/** All heads point at the column; samples are noisy for the heads of one letter at a time. */
function planted(): Demonstrations {
  const base = syntheticDemonstrations({ episodes: 4, samplesPerEpisode: 60, seed: 1 });
  const samples = Array.from({ length: base.size }, (_, i): Sample => {
    const source = random(7).fork(i);
    const noise = { a: source.uniform() < 0.5 ? 0 : 1, b: source.uniform() < 0.5 ? 0 : 1 };
    const { steering } = base.sample(i).labels;
    const noisy = (name: string) => {
      const by = noise[name[0] as "a" | "b"] * (0.3 + 0.1 * source.uniform()) * (source.uniform() < 0.5 ? -1 : 1);
      return Float32Array.of(Math.max(-0.5, Math.min(0.5, steering![0]! + by)));
    };
    const labels = { steering: steering!, ...Object.fromEntries(NAMES.map((name) => [name, noisy(name)])) };
    return { ...base.sample(i), labels };
  });
  const spec = { shape: [1], dtype: "float32", unit: "rad", range: [[-0.5, 0.5]] } as const;
  return {
    ...base,
    contract,
    sample: (i) => samples[i]!,
    feature: (stream, i) => samples[i]!.features[stream]!,
    label: (name, i) => samples[i]!.labels[name],
    labelSpecs: Object.fromEntries(["steering", ...NAMES].map((name) => [name, spec])),
  };
}

const demonstrations = planted();
const common: GrowOptions = {
  contract,
  demonstrations,
  indices: Array.from({ length: 200 }, (_, i) => i),
  validation: Array.from({ length: 40 }, (_, i) => 200 + i),
  settings: { ...defaultSettings, seed: 3, epochs: 2, batchSize: 20, learningRate: 5e-3, augmentation: {} },
  roundEpochs: 2,
  layerCost: 0.05,
};

it("finds the groups that were planted, level by level, and never joins what it parted", async () => {
  const growths: Growth[] = [];
  const grown = await growBranches({ ...common, most: 3, onLevel: (growth) => growths.push(growth) });
  const of = (letter: string) => NAMES.filter((name) => name.startsWith(letter));
  const { groups } = grown.levels[0]!;
  for (const letter of ["a", "b"]) {
    const together = groups.filter((group) => of(letter).some((name) => group.includes(name)));
    expect(together).toHaveLength(1);
    for (const name of of(letter)) expect(together[0]).toContain(name);
  }
  expect(groups.some((group) => group.includes("a1") && group.includes("b1"))).toBe(false);
  for (const [l, { branches, groups: below }] of grown.levels.entries()) {
    expect(branches).toEqual(l === 0 ? ["steering", ...NAMES].map((name) => [name]) : grown.levels[l - 1]!.groups);
    for (const branch of branches)
      expect(below.some((group) => branch.every((name) => group.includes(name)))).toBe(true);
  }
  expect(grown.contract.sharing.options.groups).toEqual(grown.levels.map(({ groups: g }) => g));
  const fresh = createModel(grown.contract, { seed: 1 });
  fresh.setWeights(grown.model.getWeights());
  expect(growths).toHaveLength(grown.levels.length);
  for (const model of [fresh, grown.model]) model.dispose();
});

it("goes on bit for bit from a growth that was stopped between two levels", async () => {
  const growths: Growth[] = [];
  const short = { ...common, roundEpochs: 1, settings: { ...common.settings, epochs: 1 } };
  const straight = await growBranches({ ...short, onLevel: (growth) => growths.push(growth) });
  const resumed = await growBranches({ ...short, from: growths[0]! });
  expect(resumed.contract).toEqual(straight.contract);
  expect(resumed.model.getWeights()).toEqual(straight.model.getWeights());
  for (const { model } of [straight, resumed]) model.dispose();
});

it("stays one net where branches cost more than they are worth", async () => {
  const short = { ...common, roundEpochs: 1, settings: { ...common.settings, epochs: 1 }, layerCost: 100 };
  const { levels, model, contract: grown } = await growBranches(short);
  expect(levels).toHaveLength(1);
  const one = createModel(contract, { seed: 1 });
  expect(model.parameters.total).toBe(one.parameters.total);
  expect(grown.sharing.options.groups).toEqual([[["steering", ...NAMES]]]);
  for (const m of [model, one]) m.dispose();
});

it("refuses rounds without an epoch, and trees without a branch", async () => {
  await expect(growBranches({ ...common, roundEpochs: 0 })).rejects.toThrow(/epochs a round.*Found 0/);
  await expect(growBranches({ ...common, most: 0 })).rejects.toThrow(/branches at most.*Found 0/);
});
