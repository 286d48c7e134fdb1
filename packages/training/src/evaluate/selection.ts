import { PolypilotError } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";

/** Which episodes: all, those named, or the last ones by time that hold about that share of them. */
export type Selection = "all" | { readonly episodes: readonly string[] } | { readonly lastShare: number };

/** The episodes of a selection and their samples. @throws PolypilotError `TRAINING_SPLIT` if there is none of that name. */
export function chosenSamples(
  demonstrations: Demonstrations,
  selection: Selection,
): { readonly indices: readonly number[]; readonly episodes: readonly string[] } {
  const { episodes } = demonstrations;
  const chosen = () => {
    if (selection === "all") return episodes;
    if ("episodes" in selection) return episodes.filter((e) => selection.episodes.includes(e.id));
    const byTime = [...episodes].sort((a, b) => (a.start < b.start ? -1 : 1));
    return byTime.slice(byTime.length - Math.max(1, Math.round(selection.lastShare * byTime.length)));
  };
  const found = [...chosen()].sort((a, b) => a.first - b.first);
  const wanted = selection !== "all" && "episodes" in selection ? selection.episodes.length : 1;
  if (found.length < wanted || found.length === 0) {
    throw new PolypilotError("TRAINING_SPLIT", ["training", "episodes"], {
      expected: `episodes among ${episodes
        .slice(0, 8)
        .map((e) => e.id)
        .join(", ")}`,
      found: selection !== "all" && "episodes" in selection ? selection.episodes.join(", ") : "none",
      todo: "Correct the names",
    });
  }
  return {
    indices: found.flatMap((e) => Array.from({ length: e.count }, (_, i) => e.first + i)),
    episodes: found.map((e) => e.id),
  };
}
