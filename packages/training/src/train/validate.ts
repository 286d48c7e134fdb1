import { setImmediate } from "node:timers/promises";
import { batches, type Demonstrations } from "@polypilot/dataset";
import type { MultiTaskModel } from "@polypilot/mtl";
import type { Losses } from "./snapshots.js";

/** Mean loss of each head over its labelled samples; null for a head without label. */
export async function validationLosses(
  model: MultiTaskModel,
  demonstrations: Demonstrations,
  indices: readonly number[],
  batchSize: number,
): Promise<Losses> {
  const sums = new Map(model.heads.map((head) => [head, { sum: 0, count: 0 }]));
  for (const batch of batches(demonstrations, indices, { batchSize, seed: 0, epoch: 0, shuffle: false })) {
    const { losses, labelled } = model.evaluate(batch);
    for (const [head, loss] of Object.entries(losses)) {
      if (loss === null) continue;
      const total = sums.get(head)!;
      total.sum += loss * labelled[head]!;
      total.count += labelled[head]!;
    }
    await setImmediate();
  }
  return Object.fromEntries([...sums].map(([head, { sum, count }]) => [head, count > 0 ? sum / count : null]));
}
