/** A linear model y = w·x + b on standardised inputs. */
export interface Ridge {
  readonly predict: (x: ArrayLike<number>) => number;
}

/** Solves A·x = b for a symmetric positive definite A, [n, n] row-major, by Cholesky's decomposition; A is overwritten. */
export function solveCholesky(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  for (let j = 0; j < n; j += 1) {
    for (let i = j; i < n; i += 1) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k += 1) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!;
    }
  }
  const x = b.slice();
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= a[i * n + k]! * x[k]!;
    x[i]! /= a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= a[k * n + i]! * x[k]!;
    x[i]! /= a[i * n + i]!;
  }
  return x;
}

/** [m, m] inner products of rows. */
function gramOf(rows: readonly Float64Array[]): Float64Array {
  const m = rows.length;
  const gram = new Float64Array(m * m);
  for (let i = 0; i < m; i += 1) {
    const a = rows[i]!;
    for (let j = 0; j <= i; j += 1) {
      const b = rows[j]!;
      let sum = 0;
      for (let k = 0; k < a.length; k += 1) sum += a[k]! * b[k]!;
      gram[i * m + j] = sum;
      gram[j * m + i] = sum;
    }
  }
  return gram;
}

/**
 * Ridge regression in closed form: the honest straight-line baseline.
 *
 * Inputs are standardised; w = Xᵀ(XXᵀ + λI)⁻¹(y − ȳ), the dual form, since there are fewer samples than pixels. XXᵀ is computed
 * once for every λ.
 *
 * @param inputs - [m] rows of equal length.
 * @param truths - [m]
 * @returns the model for a strength λ ≥ 0 of the penalty λ|w|².
 * @see Hoerl and Kennard 1970, Ridge Regression.
 */
export function ridge(inputs: readonly ArrayLike<number>[], truths: readonly number[]): (lambda: number) => Ridge {
  const m = inputs.length;
  const size = inputs[0]?.length ?? 0;
  const mean = new Float64Array(size);
  for (const row of inputs) for (let k = 0; k < size; k += 1) mean[k]! += row[k]! / m;
  const variance = new Float64Array(size);
  for (const row of inputs) for (let k = 0; k < size; k += 1) variance[k]! += (row[k]! - mean[k]!) ** 2 / m;
  const scale = variance.map((v) => (v > 0 ? 1 / Math.sqrt(v) : 0));
  const standardised = (row: ArrayLike<number>) =>
    Float64Array.from({ length: size }, (_, k) => (row[k]! - mean[k]!) * scale[k]!);
  const rows = inputs.map(standardised);
  const average = truths.reduce((a, b) => a + b, 0) / m;
  const gram = gramOf(rows);
  return (lambda) => {
    const penalised = gram.slice();
    for (let i = 0; i < m; i += 1) penalised[i * m + i]! += lambda;
    const dual = solveCholesky(
      penalised,
      Float64Array.from(truths, (y) => y - average),
    );
    const weights = new Float64Array(size);
    rows.forEach((row, i) => {
      for (let k = 0; k < size; k += 1) weights[k]! += dual[i]! * row[k]!;
    });
    return {
      predict: (x) => standardised(x).reduce((y, value, k) => y + weights[k]! * value, average),
    };
  };
}
