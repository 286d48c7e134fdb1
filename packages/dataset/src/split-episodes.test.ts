import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitEpisodes } from "./split-episodes.js";
import { someDemonstrations } from "./testing/demonstrations.js";

const demos = await someDemonstrations(10, 7);

describe("splitEpisodes", () => {
  it("puts every sample into exactly one part, and no episode into two, for any fractions and seed", () => {
    const fraction = fc.double({ min: 0, max: 0.4, noNaN: true });
    fc.assert(
      fc.property(
        fraction,
        fraction,
        fc.integer(),
        fc.constantFrom("random", "time"),
        (validation, test, seed, order) => {
          const split = splitEpisodes(demos, { validation, test, seed, order: order as "random" | "time" });
          const parts = [split.train, split.validation, split.test];
          const indices = parts.flatMap((part) => part.indices).sort((a, b) => a - b);
          expect(indices).toEqual(Array.from({ length: 70 }, (_, i) => i));
          for (const part of parts) {
            const inside = new Set(part.indices.map((i) => demos.sample(i).episodeId));
            expect([...inside]).toEqual([...part.episodes]);
          }
          expect(split.test.episodes.length).toBe(test > 0 ? Math.max(1, Math.round(test * 10)) : 0);
          expect(split.train.episodes.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it("gives the last episodes to the test and those before them to validation, by time", () => {
    const split = splitEpisodes(demos, { validation: 0.1, test: 0.2, seed: 1, order: "time" });
    expect(split.test.episodes).toEqual(["e8", "e9"]);
    expect(split.validation.episodes).toEqual(["e7"]);
    expect(split.train.indices.at(-1)).toBe(48);
  });

  it("draws the same parts for the same seed, and others for another", () => {
    const test = (seed: number) =>
      splitEpisodes(demos, { validation: 0, test: 0.5, seed, order: "random" }).test.episodes;
    expect(test(3)).toEqual(test(3));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => test(seed).join())).size).toBeGreaterThan(3);
  });

  it("refuses when there are too few episodes or nothing is left for training", async () => {
    const two = await someDemonstrations(2, 5);
    expect(() => splitEpisodes(two, { validation: 0.1, test: 0.1, seed: 0, order: "time" })).toThrow(
      "there are enough episodes to split (at least 3). Found 2. Record more episodes",
    );
    expect(splitEpisodes(two, { validation: 0, test: 0.1, seed: 0, order: "time" }).train.episodes).toEqual(["e0"]);
    expect(() => splitEpisodes(demos, { validation: 0.5, test: 0.5, seed: 0, order: "time" })).toThrow(
      "Found 0.5 and 0.5",
    );
  });
});
