import { eigenSymmetric } from "./eigen-symmetric.js";
import { cosines } from "./gramian.js";

const above = (values: ArrayLike<number>, bound: number) => Array.from(values).filter((value) => value > bound).length;

/** Least part of the largest eigenvalue that is surely more than the rounding of m rows' inner products. */
const roundingOf = (m: number) => 4 * m * Number.EPSILON;

/**
 * How many of the rows behind a Gramian depend on no other, whatever the rows' lengths.
 *
 * Counted on the rows' cosines, whose rounding is the same for short rows as for long ones.
 *
 * @param gramian - [m·m], row-major.
 */
export function independentRows(gramian: Float64Array): number {
  const { values } = eigenSymmetric(cosines(gramian).products);
  return above(values, Math.max(0, values[0] ?? 0) * roundingOf(values.length));
}

/**
 * How many eigenvalues count: those above m · `precision` times the largest. Of those that are within rounding of it (4m · 2.2e-16), only
 * as many as the rows are independent: a short row's eigenvalue counts, what rounding leaves of two rows that depend on each other does not.
 */
function rankOf(gramian: Float64Array, values: Float64Array, precision: number): number {
  const m = values.length;
  const largest = Math.max(0, values[0] ?? 0);
  const counted = above(values, largest * m * precision);
  const sure = Math.min(counted, above(values, largest * roundingOf(m)));
  return counted === sure ? counted : Math.max(sure, Math.min(counted, independentRows(gramian)));
}

/**
 * f applied to a Gramian's eigenvalues: V f(Λ) Vᵀ, without those that are 0 within rounding.
 *
 * @param matrix - [m·m], row-major, symmetric, positive semi-definite.
 * @param f - told each eigenvalue that counts and all of them, largest first.
 * @param precision - an eigenvalue counts above m · this times the largest.
 * @returns [m·m]; all zeros for a matrix of zeros.
 */
export function onSpectrum(
  matrix: Float64Array,
  f: (value: number, values: readonly number[]) => number,
  precision: number = Number.EPSILON,
): Float64Array {
  const { values, vectors } = eigenSymmetric(matrix);
  const m = values.length;
  const counted = [...values.subarray(0, rankOf(matrix, values, precision))];
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
