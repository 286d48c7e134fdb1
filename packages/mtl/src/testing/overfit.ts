import type { Batch, Contract } from "@polypilot/core";
import { createModel } from "../model/create-model.js";
import type { BatchPrediction } from "../model/evaluate.js";

/** What one head answers for a batch after learning that batch by heart. */
export function overfit(contract: Contract, head: string, batch: Batch, steps: number): BatchPrediction {
  const model = createModel(contract, { seed: 3, heads: [head] });
  let weighting = model.initialWeighting();
  for (let step = 0; step < steps; step += 1) {
    weighting = model.trainStep(batch, { weighting, learningRate: 0.01, step, epoch: 0, clipNorm: 5 }).weighting;
  }
  const prediction = model.evaluate(batch).predictions[head]!;
  model.dispose();
  return prediction;
}
