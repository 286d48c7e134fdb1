import { PolypilotError, random } from "@polypilot/core";
import type { DemonstrationEpisode, Demonstrations } from "./demonstrations/demonstrations.js";

export interface SplitOptions {
  /** Fraction of the episodes for validation and for the test; 0 for none. */
  readonly validation: number;
  readonly test: number;
  readonly seed: number;
  /** "time": the last episodes are the test's, those before them validation's. "random": drawn by the seed. */
  readonly order: "random" | "time";
}

/** One part of a split. */
export interface SplitPart {
  /** Numbers of its samples, rising. */
  readonly indices: readonly number[];
  readonly episodes: readonly string[];
}

export interface Split {
  readonly train: SplitPart;
  readonly validation: SplitPart;
  readonly test: SplitPart;
}

/**
 * Three parts of the demonstrations that share no episode.
 *
 * Neighbouring frames are nearly equal: a split inside an episode would test on what was trained on. Each part with a fraction
 * above 0 gets at least one episode, and training keeps at least one.
 *
 * @throws PolypilotError `DATASET_SPLIT` if the fractions are wrong or there are too few episodes.
 */
export function splitEpisodes(demonstrations: Demonstrations, options: SplitOptions): Split {
  const { validation, test } = options;
  if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
    throw splitError("the fractions are at least 0 and leave something for training", `${validation} and ${test}`, {
      todo: "Lower them",
    });
  }
  const episodes = ordered(demonstrations.episodes, options);
  const countOf = (fraction: number) => (fraction > 0 ? Math.max(1, Math.round(fraction * episodes.length)) : 0);
  const testCount = countOf(test);
  const validationCount = countOf(validation);
  const needed = (test > 0 ? 1 : 0) + (validation > 0 ? 1 : 0) + 1;
  if (testCount + validationCount >= episodes.length) {
    throw splitError(`there are enough episodes to split (at least ${needed})`, `${episodes.length}`, {
      todo: "Record more episodes, or ask for smaller parts",
    });
  }
  const trainCount = episodes.length - testCount - validationCount;
  return {
    train: part(episodes.slice(0, trainCount)),
    validation: part(episodes.slice(trainCount, trainCount + validationCount)),
    test: part(episodes.slice(trainCount + validationCount)),
  };
}

function ordered(episodes: readonly DemonstrationEpisode[], { order, seed }: SplitOptions): DemonstrationEpisode[] {
  if (order === "time") return [...episodes].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const source = random(seed).fork("split");
  const shuffled = [...episodes];
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    const j = source.integer(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}

function part(episodes: readonly DemonstrationEpisode[]): SplitPart {
  const rising = [...episodes].sort((a, b) => a.first - b.first);
  return {
    indices: rising.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i)),
    episodes: rising.map(({ id }) => id),
  };
}

function splitError(expected: string, found: string, { todo }: { readonly todo: string }): PolypilotError {
  return new PolypilotError("DATASET_SPLIT", ["dataset", "splitEpisodes"], { expected, found, todo });
}
