import type { Nanoseconds, Sample } from "@polypilot/core";
import { batchOf, type Demonstrations } from "@polypilot/dataset";
import type { Answer } from "../metrics/index.js";
import type { Answerer } from "./score-heads.js";

/** A sample with what every head says of it, to be shown. */
export interface ExampleFrame {
  readonly sample: Sample;
  /** Time since the start of its episode. */
  readonly sinceStartNs: Nanoseconds;
  readonly answers: Readonly<Record<string, Answer>>;
}

/**
 * Some samples with the answers of all heads, spread evenly over those given, so that nobody picks the good ones.
 *
 * @param count - how many; fewer if there are fewer.
 */
export async function exampleFrames(
  answerer: Answerer,
  demonstrations: Demonstrations,
  indices: readonly number[],
  count: number,
): Promise<ExampleFrame[]> {
  const n = Math.min(count, indices.length);
  const chosen = Array.from({ length: n }, (_, i) => indices[Math.floor(((i + 0.5) * indices.length) / n)]!);
  if (n === 0) return [];
  const answers = await answerer.answer(batchOf(demonstrations, chosen));
  return chosen.map((index, i) => {
    const sample = demonstrations.sample(index);
    const episode = demonstrations.episodes.find((e) => e.id === sample.episodeId);
    const one = (head: string): Answer => {
      const { mean, sigma } = answers[head]!;
      const cut = (all: typeof mean) => {
        const size = all.length / n;
        return Float64Array.from(all.subarray(i * size, (i + 1) * size) as ArrayLike<number> & Iterable<number>);
      };
      return { mean: cut(mean), sigma: cut(sigma) };
    };
    return {
      sample,
      sinceStartNs: sample.stampNs - (episode?.start ?? sample.stampNs),
      answers: Object.fromEntries(answerer.heads.map((head) => [head, one(head)])),
    };
  });
}
