import type { Demonstrations } from "@polypilot/dataset";
import { badInput } from "../bad-input.js";

/**
 * The first or the last episodes by time: a part on which nothing was trained.
 *
 * @param side - `first`: all but the last `share`; `last`: the last `share`.
 * @param share - 0…1 of the episodes, rounded, at least one.
 * @throws PolypilotError `CLI_INPUT` if nothing would be left on one side.
 */
export function partOf(demonstrations: Demonstrations, side: "first" | "last", share: number): Demonstrations {
  const sorted = [...demonstrations.episodes].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const last = Math.max(1, Math.round(share * sorted.length));
  if (last >= sorted.length) {
    throw badInput("test part", {
      expected: `${share} of the episodes can be left out`,
      found: `${sorted.length} in all`,
      todo: "Give recordings with more episodes, or a smaller share",
    });
  }
  const cut = sorted.length - last;
  const chosen = side === "first" ? sorted.slice(0, cut) : sorted.slice(cut);
  const origin: number[] = [];
  const episodes = chosen.map((episode) => {
    const first = origin.length;
    for (let i = 0; i < episode.count; i += 1) origin.push(episode.first + i);
    return { ...episode, first };
  });
  const labelled = Object.fromEntries(
    Object.keys(demonstrations.labelled).map((head) => [
      head,
      origin.reduce((sum, index) => sum + (demonstrations.label(head, index) ? 1 : 0), 0),
    ]),
  );
  return {
    ...demonstrations,
    episodes,
    labelled,
    size: origin.length,
    sample: (index) => demonstrations.sample(origin[index]!),
    feature: (stream, index) => demonstrations.feature(stream, origin[index]!),
    label: (head, index) => demonstrations.label(head, origin[index]!),
  };
}
