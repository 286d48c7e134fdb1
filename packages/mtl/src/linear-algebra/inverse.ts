/**
 * The inverse of a matrix that is symmetric and positive definite, by Gauss and Jordan without row changes.
 *
 * @param matrix - [m·m], row-major; not changed.
 */
export function inverse(matrix: ArrayLike<number>): Float64Array {
  const m = Math.round(Math.sqrt(matrix.length));
  const a = Float64Array.from(matrix);
  for (let k = 0; k < m; k += 1) {
    const pivot = 1 / a[k * m + k]!;
    a[k * m + k] = 1;
    for (let j = 0; j < m; j += 1) a[k * m + j]! *= pivot;
    for (let i = 0; i < m; i += 1) {
      if (i === k) continue;
      const factor = a[i * m + k]!;
      a[i * m + k] = 0;
      for (let j = 0; j < m; j += 1) a[i * m + j]! -= factor * a[k * m + j]!;
    }
  }
  return a;
}
