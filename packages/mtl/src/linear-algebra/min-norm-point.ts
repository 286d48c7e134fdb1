import { diagonal } from "./gramian.js";
import { nonNegativeQp } from "./non-negative-qp.js";

/**
 * The weights on the simplex whose combination of the rows is shortest: the point of their convex hull nearest to 0.
 *
 * min ‖Σ w_i g_i‖ over w ≥ 0, Σ w = 1 has the same direction as min ‖Σ v_i g_i‖² + s (Σ v_i − 1)² over v ≥ 0, for any s > 0, and
 * w = v / Σ v. The second one has no equality, and an active-set solver ends exactly.
 *
 * @param gramian - [m·m], row-major; inner products of the rows.
 * @returns [m]; ≥ 0 with sum 1. One-hot at the first row of zeros, if there is one.
 * @see Mifflin 1979, A Stable Method for Solving Certain Constrained Least Squares Problems.
 */
export function minNormPoint(gramian: Float64Array): Float64Array {
  const squares = diagonal(gramian);
  const m = squares.length;
  const zero = squares.findIndex((square) => !(square > 0));
  if (zero >= 0) return Float64Array.from({ length: m }, (_, i) => (i === zero ? 1 : 0));
  const s = Math.min(...squares);
  const v = nonNegativeQp(
    gramian.map((product) => product / s + 1),
    new Float64Array(m).fill(1),
  );
  const sum = v.reduce((a, b) => a + b, 0);
  return v.map((value) => value / sum);
}
