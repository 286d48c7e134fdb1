import { eigenSymmetric } from "./eigen-symmetric.js";

/**
 * f applied to a positive semi-definite matrix's eigenvalues: V f(Λ) Vᵀ, without those that are 0 within rounding.
 *
 * An eigenvalue counts as 0 at most `tolerance` · m · 2.2e-16 times the largest.
 *
 * @param matrix - [m·m], row-major, symmetric.
 * @param f - told each eigenvalue that counts and all of them, largest first.
 * @returns [m·m]; all zeros for a matrix of zeros.
 */
export function onSpectrum(
  matrix: Float64Array,
  f: (value: number, values: readonly number[]) => number,
  tolerance = 4,
): Float64Array {
  const { values, vectors } = eigenSymmetric(matrix);
  const m = values.length;
  const least = Math.max(0, values[0] ?? 0) * m * Number.EPSILON * tolerance;
  const counted = [...values].filter((value) => value > least);
  const result = new Float64Array(m * m);
  counted.forEach((value, k) => {
    const scale = f(value, counted);
    for (let i = 0; i < m; i += 1) {
      for (let j = 0; j < m; j += 1) result[i * m + j]! += scale * vectors[i * m + k]! * vectors[j * m + k]!;
    }
  });
  return result;
}

/** The Moore-Penrose inverse of a positive semi-definite matrix. @param matrix - [m·m], row-major, symmetric. */
export function pseudoInverse(matrix: Float64Array): Float64Array {
  return onSpectrum(matrix, (value) => 1 / value);
}
