import { expect, it } from "vitest";
import { createModel } from "../model/create-model.js";
import { overfit } from "../testing/overfit.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { describeHead } from "./describe-head.js";

const contract = tinyContract();
const larger = tinyContract(["width: 9\n    height: 5", "width: 22\n    height: 13"]);
describeHead(contract, "markings");
describeHead(larger, "markings");
describeHead(tinyContract(["options: { width: 4 }", "options: { width: 4, class_weights: [1, 5, 5] }"]), "markings");

it("answers with the class of each pixel that it learned: left half solid, right half dashed", () => {
  const batch = randomBatch(contract, 2, 3);
  const data = Uint8Array.from({ length: 2 * 45 }, (_, i) => (i % 9 < 4 ? 1 : 2));
  const labels = { markings: { shape: [2, 5, 9], data, mask: Uint8Array.of(1, 1) } };
  const wide = tinyContract(["options: { width: 4 }", "options: { width: 12 }"]);
  const { mean } = overfit(wide, "markings", { ...batch, labels }, 400);
  const right = mean.filter((k, i) => k === data[i]).length;
  expect(right / data.length).toBeGreaterThan(0.95);
});

it("refuses an encoder that does not read images", () => {
  const encoder = "encoder: { name: conv, options: { channels: [4, 6, 8] } }";
  expect(() => createModel(tinyContract([encoder, "encoder: { name: vector }"]), { seed: 1 })).toThrow(
    expect.objectContaining({ code: "MTL_ENCODER" }),
  );
});
