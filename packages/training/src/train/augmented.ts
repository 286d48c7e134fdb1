import { type Random, random, type Sample } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";

/** A training sample as it is shown once. Must be a function of its arguments alone, and must not write into the sample's arrays. */
export type Augment = (sample: Sample, random: Random) => Sample;

/**
 * The demonstrations as one epoch shows them.
 *
 * What a sample becomes depends on the seed, the epoch and its number alone, in whatever order samples are asked for.
 *
 * @param keep - samples kept at hand: those of a batch are asked for stream by stream.
 */
export function augmented(
  demonstrations: Demonstrations,
  augment: Augment,
  seed: number,
  epoch: number,
  keep: number,
): Demonstrations {
  const source = random(seed).fork("augment").fork(epoch);
  const ready = new Map<number, Sample>();
  const sample = (index: number): Sample => {
    const known = ready.get(index);
    if (known) return known;
    if (ready.size >= keep) ready.delete(ready.keys().next().value as number);
    const made = augment(demonstrations.sample(index), source.fork(index));
    ready.set(index, made);
    return made;
  };
  return {
    ...demonstrations,
    sample,
    feature: (stream, index) => sample(index).features[stream]!,
    label: (head, index) => sample(index).labels[head],
  };
}
