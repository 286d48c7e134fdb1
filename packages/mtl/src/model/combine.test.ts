import { beforeAll, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { dot } from "../linear-algebra/gramian.js";
import { createAdam } from "../optimisers/adam.js";
import { createParameterSet } from "../parameter-set.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { equal } from "../weightings/equal.js";
import type { GramianInputs, JacobianInputs, Weighting } from "../weightings/weighting.js";
import { buildNetwork } from "./network.js";
import { trainStep } from "./train-step.js";

const contract = tinyContract();
const batch = randomBatch(contract, 4, 1, (head, i) => head !== "sign" && (head !== "markings" || i === 1));
const names = Object.keys(contract.heads);
beforeAll(async () => {
  await loadBackend();
});

/** Adam's running mean after one step is a tenth of the gradient: what the weighting made of the batch. */
function gradientsUnder(weighting: Weighting) {
  const network = buildNetwork(contract);
  const parameters = createParameterSet(network.parameters, 1);
  const adam = createAdam(parameters);
  const options = { weighting: null, learningRate: 0, step: 0, epoch: 0 };
  const result = trainStep({ network, parameters, adam, weighting, seed: 1 }, batch, options);
  const { mean } = adam.read();
  parameters.dispose();
  return { result, mean, network };
}

const about = { sentence: "", paper: "none", options: {}, init: () => null };

function expectClose(a: Record<string, Float32Array>, b: Record<string, Float32Array>) {
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  for (const [name, values] of Object.entries(a)) {
    values.forEach((value, i) => {
      expect(Math.abs(value - b[name]![i]!)).toBeLessThan(1e-6 + 1e-4 * Math.abs(value));
    });
  }
}

it("descends the same gradients for weights of 1, whichever way a method decides", () => {
  const ones = names.map(() => 1);
  const byGramian: Weighting = { ...about, name: "g", needs: "gramian", step: (state) => ({ weights: ones, state }) };
  const byJacobian: Weighting = {
    ...about,
    name: "j",
    needs: "jacobian",
    step: (state, { jacobian }) => ({
      direction: jacobian[0]!.map((_, k) => jacobian.reduce((sum, row) => sum + row[k]!, 0)) as Float32Array,
      state,
    }),
  };
  const reference = gradientsUnder(equal).mean;
  expectClose(gradientsUnder(byGramian).mean, reference);
  expectClose(gradientsUnder(byJacobian).mean, reference);
});

it("leaves each head its own gradient where a method decides for the shared parameters", () => {
  const none: Weighting = {
    ...about,
    name: "none",
    needs: "gramian",
    step: (state) => ({ weights: names.map(() => 0), state }),
  };
  const { mean } = gradientsUnder(none);
  const reference = gradientsUnder(equal).mean;
  for (const [name, values] of Object.entries(mean)) {
    if (name.startsWith("head/")) expect(values.some((g) => g !== 0)).toBe(reference[name]!.some((g) => g !== 0));
    else expect(values.every((g) => g === 0)).toBe(true);
  }
});

it("hands over gradients that fit together: J Jᵀ is the Gramian, rows without label are 0", () => {
  let gramian: GramianInputs | undefined;
  let jacobian: JacobianInputs | undefined;
  const weights = names.map(() => 1);
  gradientsUnder({
    ...about,
    name: "g",
    needs: "gramian",
    draws: 2,
    step: (state, inputs) => {
      gramian = inputs;
      return { weights, state };
    },
  });
  gradientsUnder({
    ...about,
    name: "j",
    needs: "jacobian",
    step: (state, inputs) => {
      jacobian = inputs;
      return { direction: inputs.jacobian[0] as Float32Array, state };
    },
  });
  const m = names.length;
  const rows = jacobian!.jacobian;
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < m; j += 1) {
      expect(gramian!.gramian[i * m + j]).toBeCloseTo(dot(rows[i]!, rows[j]!), 4);
    }
  }
  const sign = names.indexOf("sign");
  expect(rows[sign]!.every((g) => g === 0)).toBe(true);
  expect(jacobian!.losses[sign]).toBeNull();
  // markings has its one label in an odd sample: nothing of it in the even draw.
  const markings = names.indexOf("markings");
  expect(gramian!.crossGramian!.slice(markings * m, (markings + 1) * m).every((g) => g === 0)).toBe(true);
  expect(gramian!.crossGramian![0]).not.toBe(0);
});

it("scales losses by loss_scale before the weighting, and reports them without", () => {
  let seen: readonly (number | null)[] = [];
  const spy: Weighting = {
    ...about,
    name: "spy",
    needs: "losses",
    step: (state, { losses }) => {
      seen = losses;
      return { weights: losses.map(() => 1), state };
    },
  };
  const network = buildNetwork(contract);
  const parameters = createParameterSet(network.parameters, 1);
  const trainee = { network, parameters, adam: createAdam(parameters), weighting: spy, seed: 1 };
  const all = randomBatch(contract, 4, 1);
  const { losses } = trainStep(trainee, all, { weighting: null, learningRate: 0, step: 0, epoch: 0 });
  expect(seen[names.indexOf("sign")]).toBeCloseTo(0.5 * losses.sign!, 5);
  expect(seen[names.indexOf("steering")]).toBe(losses.steering);
  parameters.dispose();
});

it("tells a method that asks what the step did to the losses of its batch", () => {
  const heard: (readonly (number | null)[])[] = [];
  const curious: Weighting = {
    ...about,
    name: "curious",
    needs: "losses",
    step: (_, { losses }) => {
      heard.push(losses);
      return { weights: losses.map(() => 1), state: "before" };
    },
    after: (state, losses) => {
      heard.push(losses);
      return `${String(state)} and after`;
    },
  };
  const network = buildNetwork(contract);
  const parameters = createParameterSet(network.parameters, 1);
  const trainee = { network, parameters, adam: createAdam(parameters), weighting: curious, seed: 1 };
  const result = trainStep(trainee, batch, { weighting: null, learningRate: 1e-3, step: 0, epoch: 0 });
  expect(result.weighting).toBe("before and after");
  const sum = (losses: readonly (number | null)[]) => losses.reduce((total: number, l) => total + (l ?? 0), 0);
  expect(sum(heard[1]!)).toBeLessThan(sum(heard[0]!));
  parameters.dispose();
});
