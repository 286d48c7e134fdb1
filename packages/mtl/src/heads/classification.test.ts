import { expect, it } from "vitest";
import { overfit } from "../testing/overfit.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { describeHead } from "./describe-head.js";

const contract = tinyContract();
describeHead(contract, "sign");
describeHead(tinyContract(["options: { hidden: 6 }", "options: { hidden: 0, class_weights: [1, 2, 3, 4] }"]), "sign");

it("answers with probabilities that sum to 1 and name the class learned", () => {
  const batch = randomBatch(contract, 6, 12);
  const { mean } = overfit(contract, "sign", batch, 300);
  for (let i = 0; i < batch.size; i += 1) {
    const probabilities = Array.from(mean.slice(4 * i, 4 * i + 4));
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(probabilities.indexOf(Math.max(...probabilities))).toBe(batch.labels.sign!.data[i]);
  }
});
