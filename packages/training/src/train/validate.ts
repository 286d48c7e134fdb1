import { setImmediate } from "node:timers/promises";
import { batches, type Demonstrations } from "@polypilot/dataset";
import type { MultiTaskModel } from "@polypilot/mtl";
import type { Losses } from "./snapshots.js";

/** Means over a head's labelled samples; null for a head without label. */
export interface Validation {
  readonly losses: Losses;
  /** What epochs are compared by: the loss, or the error that a head names in its place. */
  readonly errors: Losses;
}

/** A mean that grows batch by batch. */
class Means {
  private readonly sums = new Map<string, { sum: number; count: number }>();

  constructor(heads: readonly string[]) {
    for (const head of heads) this.sums.set(head, { sum: 0, count: 0 });
  }

  add(means: Losses, counts: Readonly<Record<string, number>>): void {
    for (const [head, mean] of Object.entries(means)) {
      if (mean === null) continue;
      const total = this.sums.get(head)!;
      total.sum += mean * counts[head]!;
      total.count += counts[head]!;
    }
  }

  means(): Losses {
    return Object.fromEntries([...this.sums].map(([head, { sum, count }]) => [head, count > 0 ? sum / count : null]));
  }
}

/** Mean loss and error of each head over the samples of `indices`. */
export async function validate(
  model: MultiTaskModel,
  demonstrations: Demonstrations,
  indices: readonly number[],
  batchSize: number,
): Promise<Validation> {
  const [losses, errors] = [new Means(model.heads), new Means(model.heads)];
  for (const batch of batches(demonstrations, indices, { batchSize, seed: 0, epoch: 0, shuffle: false })) {
    const found = model.evaluate(batch);
    losses.add(found.losses, found.labelled);
    errors.add(found.errors, found.labelled);
    await setImmediate();
  }
  return { losses: losses.means(), errors: errors.means() };
}
