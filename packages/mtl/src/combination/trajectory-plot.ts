import type { ProblemResult } from "./combine-problem.js";
import { differentiate } from "./differentiate.js";
import type { CheckedProblem } from "./read-problem.js";

type Range = readonly [low: number, high: number];

/** What is drawn: lines in a rectangle, with the sum of the losses behind them where there is one. */
export interface Plot {
  readonly x: Range;
  readonly y: Range;
  readonly labels: readonly [string, string];
  /** A line a run, in the ranges' units. */
  readonly lines: readonly (readonly (readonly [number, number])[])[];
  /** [size][size] from 0 (least) to 1 (greatest), first row at the top; null where the plane is not that of x1 and x2. */
  readonly field: readonly (readonly number[])[] | null;
}

const SIZE = 160;

/** A range that holds all values, with a tenth of room at both ends. */
function rangeOf(values: readonly number[]): Range {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = 0.1 * (high - low) || 1;
  return [low - room, high + room];
}

/** Ranks from 0 to 1, so that flat and steep parts both show. */
function ranked(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length).fill(1);
  order.forEach((at, rank) => {
    if (Number.isFinite(values[at])) ranks[at] = rank / values.length;
  });
  return ranks;
}

function fieldOf({ tape, scale }: CheckedProblem, x: Range, y: Range): number[][] {
  const at = (i: number, [low, high]: Range) => low + ((i + 0.5) / SIZE) * (high - low);
  const values = Array.from({ length: SIZE * SIZE }, (_, k) => {
    const point = [at(k % SIZE, x), at(SIZE - 1 - Math.floor(k / SIZE), y)];
    return differentiate(tape, point).values.reduce((sum, loss, t) => sum + loss * scale[t]!, 0);
  });
  const ranks = ranked(values);
  return Array.from({ length: SIZE }, (_, row) => ranks.slice(row * SIZE, (row + 1) * SIZE));
}

/**
 * The runs as lines: in the plane of x1 and x2 where there are just these, else of the first two losses, else loss over steps.
 *
 * @param result - with trajectories.
 */
export function trajectoryPlot(problem: CheckedProblem, result: ProblemResult): Plot {
  const plane = problem.tape.parameters === 2;
  const pair = problem.scale.length > 1;
  const lines = result.runs.map(({ trajectory = [] }) =>
    trajectory.map(({ step, x, losses }): readonly [number, number] => {
      if (plane) return [x[0]!, x[1]!];
      return pair ? [losses[0]!, losses[1]!] : [step, losses[0]!];
    }),
  );
  const x = rangeOf(lines.flat().map(([a]) => a));
  const y = rangeOf(lines.flat().map(([, b]) => b));
  const labels = plane ? (["x1", "x2"] as const) : pair ? (["loss 1", "loss 2"] as const) : (["step", "loss"] as const);
  return { x, y, labels, lines, field: plane ? fieldOf(problem, x, y) : null };
}
