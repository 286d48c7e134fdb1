import type { GramianInputs, LossInputs } from "./weighting.js";

/** The tasks that this batch has labels of, by index. */
export function presentTasks(losses: LossInputs["losses"]): readonly number[] {
  return losses.flatMap((loss, i) => (loss === null ? [] : [i]));
}

/** Rows and columns of the given tasks. @param matrix - [m·m], row-major. */
export function minor(matrix: Float64Array, tasks: readonly number[]): Float64Array {
  const m = Math.round(Math.sqrt(matrix.length));
  return Float64Array.from(tasks.flatMap((i) => tasks.map((j) => matrix[i * m + j]!)));
}

/** One number a task: those of the given tasks, and 0 for the others. */
export function spread(values: ArrayLike<number>, tasks: readonly number[], m: number): number[] {
  const all = new Array<number>(m).fill(0);
  tasks.forEach((task, k) => {
    all[task] = values[k]!;
  });
  return all;
}

/**
 * Weights found on the tasks that the batch has labels of; the others get 0.
 *
 * A task without label has no gradient, which is not a gradient of length 0: methods that look for the shortest combination
 * or for conflicts must not see it. A Gramian with NaN or infinities gives weights of NaN.
 *
 * @param solve - told the Gramian of the present tasks, [k·k], and which tasks they are.
 */
export function onPresent(
  { losses, gramian }: Pick<GramianInputs, "losses" | "gramian">,
  solve: (gramian: Float64Array, tasks: readonly number[]) => ArrayLike<number>,
): number[] {
  const tasks = presentTasks(losses);
  const m = losses.length;
  if (tasks.length === 0) return new Array<number>(m).fill(0);
  const own = minor(gramian, tasks);
  if (!own.every(Number.isFinite)) return losses.map((loss) => (loss === null ? 0 : Number.NaN));
  return spread(solve(own, tasks), tasks, m);
}
