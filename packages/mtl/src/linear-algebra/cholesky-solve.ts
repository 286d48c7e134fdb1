/**
 * The solution x of A x = b for the rows and columns in `subset`, or null where A is singular there within rounding.
 *
 * @param matrix - [m·m], row-major, symmetric, positive semi-definite.
 * @param b - [m].
 * @param subset - indices; the result has one number for each, in their order.
 */
export function choleskySolve(
  matrix: Float64Array,
  b: ArrayLike<number>,
  subset: readonly number[],
): Float64Array | null {
  const m = b.length;
  const n = subset.length;
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[subset[i]! * m + subset[j]!]!;
      for (let k = 0; k < j; k += 1) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i !== j) l[i * n + j] = sum / l[j * n + j]!;
      else if (sum > 1e-14 * matrix[subset[i]! * m + subset[i]!]!) l[i * n + i] = Math.sqrt(sum);
      else return null;
    }
  }
  const x = Float64Array.from(subset, (i) => b[i]!);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= l[i * n + k]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= l[k * n + i]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  return x;
}
