import { nsToSec } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";

/** The independent pieces that samples belong to, for intervals. */
export interface Units {
  readonly kind: "episodes" | "blocks";
  /** Length of a block of time; 0 for episodes. */
  readonly blockSec: number;
  readonly count: number;
  /** By number of sample: the number of its unit. */
  readonly of: ReadonlyMap<number, number>;
}

/** Episodes from which on they themselves are the units. */
const ENOUGH_EPISODES = 8;
/** Blocks aimed at where episodes are too few, and the least time they last. */
const BLOCKS = 20;
const LEAST_BLOCK_SEC = 1;

/**
 * Groups samples into units that are about independent: episodes, or, where there are few, blocks of contiguous time.
 *
 * Neighbouring frames of a drive are nearly equal: an interval over single frames would be far too narrow. Blocks never span two
 * episodes, and last at least a second.
 */
export function unitsOf(demonstrations: Demonstrations, indices: readonly number[]): Units {
  const wanted = new Set(indices);
  const groups = demonstrations.episodes
    .map((e) => Array.from({ length: e.count }, (_, i) => e.first + i).filter((i) => wanted.has(i)))
    .filter((group) => group.length > 0);
  if (groups.length >= ENOUGH_EPISODES) return numbered("episodes", 0, groups);
  const secondsOf = (group: readonly number[]) =>
    nsToSec(demonstrations.sample(group.at(-1)!).stampNs - demonstrations.sample(group[0]!).stampNs);
  const totalSec = groups.reduce((sum, group) => sum + secondsOf(group), 0);
  const blockSec = Math.max(LEAST_BLOCK_SEC, totalSec / BLOCKS);
  const blocks = groups.flatMap((group) => cut(group, Math.max(1, Math.round(secondsOf(group) / blockSec))));
  return numbered("blocks", blockSec, blocks);
}

/** Cuts a group into parts of about equal size. */
function cut(group: readonly number[], parts: number): number[][] {
  const at = (part: number) => Math.round((part * group.length) / parts);
  return Array.from({ length: parts }, (_, i) => group.slice(at(i), at(i + 1))).filter((part) => part.length > 0);
}

function numbered(kind: Units["kind"], blockSec: number, groups: readonly (readonly number[])[]): Units {
  const of = new Map(groups.flatMap((group, unit) => group.map((index) => [index, unit] as const)));
  return { kind, blockSec, count: groups.length, of };
}
