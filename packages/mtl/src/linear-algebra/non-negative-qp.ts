import { choleskySolve } from "./cholesky-solve.js";
import { times } from "./gramian.js";

/** The problem with unit diagonal: y_i = x_i √A_ii. Rows of zeros keep a 1 and are never chosen. */
function scaled(matrix: Float64Array, b: ArrayLike<number>) {
  const m = b.length;
  const size = Float64Array.from({ length: m }, (_, i) => Math.sqrt(Math.max(0, matrix[i * m + i]!)));
  const a = new Float64Array(m * m);
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < m; j += 1) {
      const product = size[i]! * size[j]!;
      a[i * m + j] = product > 0 ? matrix[i * m + j]! / product : i === j ? 1 : 0;
    }
  }
  return { a, size, q: Float64Array.from({ length: m }, (_, i) => (size[i]! > 0 ? b[i]! / size[i]! : 0)) };
}

/** Moves y towards the free optimum until a number reaches 0; those leave the passive set. Returns whether any did. */
function retreat(y: Float64Array, passive: number[], target: Float64Array): boolean {
  let step = 1;
  passive.forEach((i, k) => {
    if (target[k]! <= 0) step = Math.min(step, y[i]! / (y[i]! - target[k]!));
  });
  const before = passive.length;
  for (let k = passive.length - 1; k >= 0; k -= 1) {
    const i = passive[k]!;
    const next = y[i]! + step * (target[k]! - y[i]!);
    const gone = target[k]! <= 0 && next <= 1e-15 * Math.max(1, Math.abs(target[k]!));
    y[i] = gone ? 0 : next;
    if (gone) passive.splice(k, 1);
  }
  return passive.length < before;
}

/** Brings y to the best point with the passive numbers free and ≥ 0. False where the newest one is dependent on the others. */
function settle(a: Float64Array, q: Float64Array, y: Float64Array, passive: number[]): boolean {
  for (;;) {
    const target = choleskySolve(a, q, passive);
    if (!target) return false;
    if (target.every((value) => value > 0)) {
      for (const [k, i] of passive.entries()) y[i] = target[k]!;
      return true;
    }
    if (!retreat(y, passive, target)) return true;
    if (passive.length === 0) return true;
  }
}

/**
 * The x ≥ 0 that makes ½ xᵀAx − bᵀx least.
 *
 * Lawson and Hanson's active set on the normal equations: numbers enter one by one where the gradient calls for them, and
 * leave where they would turn negative. It ends at the exact answer after finitely many solves. The unknowns are scaled first
 * so that A has a unit diagonal, which makes the answer indifferent to the rows' units.
 *
 * @param matrix - [m·m], row-major, symmetric, positive semi-definite.
 * @param b - [m]; in the range of A, or at least with a bounded problem.
 * @returns [m]; A x − b ≥ 0 wherever x = 0, and 0 wherever x > 0, within rounding.
 * @see Lawson and Hanson 1974, Solving Least Squares Problems, chapter 23; Bro and de Jong 1997, A fast non-negativity-
 * constrained least squares algorithm.
 */
export function nonNegativeQp(matrix: Float64Array, b: ArrayLike<number>): Float64Array {
  const m = b.length;
  const { a, q, size } = scaled(matrix, b);
  const y = new Float64Array(m);
  const passive: number[] = [];
  const rejected = new Set<number>();
  const tolerance = 1e-14 * Math.max(...q.map(Math.abs));
  for (let n = 0; n < 10 * m + 20; n += 1) {
    const slope = times(a, y).map((value, i) => q[i]! - value);
    let enters = -1;
    for (let i = 0; i < m; i += 1) {
      if (passive.includes(i) || rejected.has(i) || !(slope[i]! > tolerance)) continue;
      if (enters < 0 || slope[i]! > slope[enters]!) enters = i;
    }
    if (enters < 0) break;
    passive.push(enters);
    if (settle(a, q, y, passive)) rejected.clear();
    else {
      passive.splice(passive.indexOf(enters), 1);
      y[enters] = 0;
      rejected.add(enters);
    }
  }
  return y.map((value, i) => (size[i]! > 0 ? value / size[i]! : 0));
}
