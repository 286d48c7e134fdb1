import { describe, expect, it } from "vitest";
import { adaptersOnly, fewShot, transfer } from "../paradigms/index.js";
import { paradigms } from "../paradigms/paradigm-table.js";
import { learningOf } from "./learning.js";
import type { TrainOptions } from "./train-options.js";

const told = (options: Partial<TrainOptions>) => learningOf(options as TrainOptions);
const from = { "head/steering/mean/bias": Float32Array.of(0) };

describe("learningOf", () => {
  it("tells a plain run from a trained model that learns on", () => {
    expect(told({})).toMatchObject({ way: "joint", sentence: expect.stringContaining("fresh weights") });
    expect(told({})).not.toHaveProperty("from");
    expect(told({ from, fromName: "runs/model" })).toMatchObject({ way: "fine-tuning", from: "runs/model" });
    expect(told({ from }).from).toBe("weights that were given");
  });

  it("tells a paradigm with its options, its heads and the sentence that the list of methods has", () => {
    const shots = fewShot({ head: "sign", shots: 20, seed: 1 });
    const sentence = paradigms.find(({ name }) => name === "few-shot")!.sentence;
    expect(told({ from, paradigm: shots })).toMatchObject({
      way: "few-shot",
      sentence,
      heads: ["sign"],
      options: { shots: 20 },
    });
    expect(told({ paradigm: transfer({ mode: "frozen" }) })).toMatchObject({
      way: "transfer",
      options: { mode: "frozen" },
    });
    const own = { ...transfer({ mode: "frozen" }), name: "mine" };
    expect(told({ paradigm: own })).toMatchObject({ way: "mine", sentence: expect.stringContaining("its own plan") });
  });

  it("tells a path through modules from adapters", () => {
    expect([told({ paradigm: adaptersOnly(["a"]) }).way, told({ paradigm: adaptersOnly(["a"], false) }).way]).toEqual([
      "adapters",
      "pathnet",
    ]);
  });
});
