import { choleskySolve } from "../linear-algebra/cholesky-solve.js";
import { diagonal, dot, squaredLength, times } from "../linear-algebra/gramian.js";
import { minNormPoint } from "../linear-algebra/min-norm-point.js";

/** ½ xᵀGx − Σ ∫ x^{−p}, whose slope is G x − x^{−p}. */
function potential(gramian: Float64Array, x: Float64Array, p: number): number {
  const barrier = x.reduce((sum, v) => sum + (p === 1 ? Math.log(v) : v ** (1 - p) / (1 - p)), 0);
  return squaredLength(gramian, x) / 2 - barrier;
}

/** A Newton step from x, shortened until every number stays positive and the potential falls; null where none falls. */
function improved(gramian: Float64Array, x: Float64Array, p: number): Float64Array | null {
  const m = x.length;
  const slope = times(gramian, x).map((value, i) => value - x[i]! ** -p);
  const hessian = gramian.map((value, at) => (at % (m + 1) === 0 ? value + p * x[at % m]! ** (-p - 1) : value));
  const direction = choleskySolve(
    hessian,
    slope.map((value) => -value),
    [...x.keys()],
  );
  if (!direction) return null;
  const descent = dot(slope, direction);
  const before = potential(gramian, x, p);
  for (let step = 1; step > 1e-14; step /= 2) {
    const next = x.map((value, i) => value + step * direction[i]!);
    if (
      next.every((v) => v > 0) &&
      potential(gramian, next, p) <= before + 1e-4 * step * descent + 1e-15 * Math.abs(before)
    ) {
      return next;
    }
  }
  return null;
}

/**
 * The positive weights x with G x = x^{−p}: each task's gain is a fixed power of its weight.
 *
 * They make ½ xᵀGx − Σ ∫ x^{−p} least, which is strictly convex: Newton's method with shortened steps reaches its only minimum.
 * Rows of zeros get weight 0. If some combination of the others vanishes, no such weights exist.
 *
 * @param gramian - [m·m], row-major; inner products of the tasks' gradients.
 * @param p - 1 for the Nash bargaining solution; 1/α for α-fairness.
 * @returns [m], or null where there are none: all gradients 0, or a Pareto stationary point.
 */
export function fairWeights(gramian: Float64Array, p: number): Float64Array | null {
  const squares = diagonal(gramian);
  const tasks = [...squares.keys()].filter((i) => squares[i]! > 0);
  if (tasks.length === 0) return null;
  const m = squares.length;
  const scale = tasks.reduce((sum, i) => sum + squares[i]!, 0) / tasks.length;
  const own = Float64Array.from(tasks.flatMap((i) => tasks.map((j) => gramian[i * m + j]! / scale)));
  if (squaredLength(own, minNormPoint(own)) < 1e-14 * Math.min(...diagonal(own))) return null;
  let x: Float64Array = Float64Array.from(tasks, (_, k) => own[k * tasks.length + k]! ** (-1 / (1 + p)));
  for (let n = 0; n < 200; n += 1) {
    const next = improved(own, x, p);
    if (!next) break;
    const change = Math.max(...next.map((value, i) => Math.abs(value / x[i]! - 1)));
    x = next;
    if (change < 1e-15) break;
  }
  const weights = new Float64Array(m);
  tasks.forEach((i, k) => {
    weights[i] = x[k]! * scale ** (-1 / (1 + p));
  });
  return weights;
}
