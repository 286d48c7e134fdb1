import { dotFloat32, SHORT } from "../loops/loops.js";

/** A row of numbers in either precision. */
export type Row = Float32Array | Float64Array;

/**
 * Inner products of the rows, summed in double precision.
 *
 * @param rows - m rows of equal length; gradients of m tasks.
 * @param others - m rows; given, the result is rows · othersᵀ, which is not symmetric.
 * @returns [m·m], row-major.
 */
export function gramian(rows: readonly Row[], others: readonly Row[] = rows): Float64Array {
  const m = rows.length;
  const products = new Float64Array(m * m);
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < m; j += 1) {
      products[i * m + j] = others === rows && j < i ? products[j * m + i]! : dot(rows[i]!, others[j]!);
    }
  }
  return products;
}

/** Σ a_k b_k, for arrays of equal length, in double precision. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length > SHORT && a instanceof Float32Array && b instanceof Float32Array) return dotFloat32(a, b);
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) sum += a[k]! * b[k]!;
  return sum;
}

/**
 * Σ w_i row_i, summed in double precision.
 *
 * @param weights - one a row; a row of weight 0 is not looked at, so that its infinities cannot enter.
 */
export function weightedSum(rows: readonly Row[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  rows.forEach((row, i) => {
    const weight = weights[i]!;
    if (weight === 0) return;
    for (let k = 0; k < sum.length; k += 1) sum[k]! += weight * row[k]!;
  });
  return sum;
}

/** Matrix times vector. @param matrix - [m·m], row-major. */
export function times(matrix: Float64Array, vector: ArrayLike<number>): Float64Array {
  const m = vector.length;
  const product = new Float64Array(m);
  for (let i = 0; i < m; i += 1) {
    let sum = 0;
    for (let j = 0; j < m; j += 1) sum += matrix[i * m + j]! * vector[j]!;
    product[i] = sum;
  }
  return product;
}

/** wᵀ M w, for a Gramian the squared length of Σ w_i row_i; never below 0. */
export function squaredLength(matrix: Float64Array, weights: ArrayLike<number>): number {
  return Math.max(0, dot(times(matrix, weights), weights));
}

/** The diagonal of [m·m]. */
export function diagonal(matrix: Float64Array): Float64Array {
  const m = Math.round(Math.sqrt(matrix.length));
  return Float64Array.from({ length: m }, (_, i) => matrix[i * m + i]!);
}

/**
 * The rows' cosines, and each row's length to the power −1; a row of zeros has 0 for all of them.
 *
 * @param gramian - [m·m], row-major.
 * @returns products [m·m] and inverseLengths [m].
 */
export function cosines(gramian: Float64Array): { products: Float64Array; inverseLengths: Float64Array } {
  const inverseLengths = diagonal(gramian).map((square) => (square > 0 ? 1 / Math.sqrt(square) : 0));
  const m = inverseLengths.length;
  const products = gramian.map(
    (product, at) => product * inverseLengths[Math.floor(at / m)]! * inverseLengths[at % m]!,
  );
  return { products, inverseLengths };
}
