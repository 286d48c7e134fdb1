import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { createModel } from "../model/create-model.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { vectorContract } from "../testing/vector-contract.js";
import type { NativeBackend } from "./native-binding.js";

beforeAll(async () => {
  await loadBackend();
});

/** Steps until a graph stands on its own: one without, two that are compared. */
const BEFORE = 3;

interface Calls {
  graphs: number;
  operations: number;
  tensorsIn: number;
  tensorsOut: number;
}

/** Counts calls of the native library while `work` runs. */
function counting<R>(calls: Calls, work: () => R): R {
  const backend = tf.backend() as unknown as NativeBackend;
  const { binding } = backend;
  const counted = (name: "runSavedModel" | "executeOp" | "createTensor" | "tensorDataSync", kind: keyof Calls) => ({
    value: (...given: never[]) => {
      calls[kind] += 1;
      return (binding[name] as (...all: never[]) => unknown)(...given);
    },
  });
  backend.binding = Object.create(binding, {
    runSavedModel: counted("runSavedModel", "graphs"),
    executeOp: counted("executeOp", "operations"),
    createTensor: counted("createTensor", "tensorsIn"),
    tensorDataSync: counted("tensorDataSync", "tensorsOut"),
  });
  try {
    return work();
  } finally {
    backend.binding = binding;
  }
}

/** What one compiled step of two heads on plain vectors costs, in calls of the native library. */
function callsOfStep(method: string): Calls & { readonly parameters: number } {
  const two = vectorContract("{ architecture: hard }");
  const calls = { graphs: 0, operations: 0, tensorsIn: 0, tensorsOut: 0 };
  return counting(calls, () => {
    const model = createModel({ ...two, weighting: { ...two.weighting, method } }, { seed: 1, compile: true });
    let weighting = model.initialWeighting();
    for (let step = 0; step <= BEFORE; step += 1) {
      const batch = randomBatch(model.contract, 4, step);
      Object.assign(calls, { graphs: 0, operations: 0, tensorsIn: 0, tensorsOut: 0 });
      weighting = model.trainStep(batch, { weighting, learningRate: 0.01, step, epoch: 0 }).weighting;
    }
    const parameters = Object.keys(model.getWeights()).length;
    model.dispose();
    return { ...calls, parameters };
  });
}

/** Features, targets and masks of the two heads. */
const INPUTS = 2 + 2 * 2;

describe("a compiled step", () => {
  it("is one run of a graph where the weights do not depend on this step's losses, and copies each array once", () => {
    const { graphs, operations, tensorsIn, tensorsOut, parameters } = callsOfStep("equal");
    expect({ graphs, operations }).toEqual({ graphs: 1, operations: 0 });
    const seeds = 2;
    expect(tensorsIn).toBeLessThanOrEqual(INPUTS + parameters + 2 * seeds);
    const losses = 2 * 2;
    expect(tensorsOut).toBe(losses + parameters);
  });

  it.each(["uncertainty", "imtl-l", "dwa"])("is one run where only later weights do: %s", (method) => {
    expect(callsOfStep(method)).toMatchObject({ graphs: 1, operations: 0 });
  });

  it("is two runs where they do: forward, and back from what stayed in the library's memory", () => {
    expect(callsOfStep("gls")).toMatchObject({ graphs: 2, operations: 0 });
  });

  it("is one run for a method on gradients, with a backward pass a task in it", () => {
    expect(callsOfStep("mgda")).toMatchObject({ graphs: 1, operations: 0 });
  });

  it("keeps the nodes of a step of all kinds of heads few", () => {
    const model = createModel(tinyContract(["method: uncertainty", "method: equal"]), { seed: 1, compile: true });
    for (let step = 0; step < 2; step += 1) {
      const batch = randomBatch(model.contract, 4, step);
      model.trainStep(batch, { weighting: model.initialWeighting(), learningRate: 0.01, step, epoch: 0 });
    }
    const { graphs, nodes } = model.compiled()!;
    model.dispose();
    expect(graphs).toBe(1);
    expect(nodes).toBeLessThanOrEqual(640);
  });
});
