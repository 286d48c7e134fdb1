/** Eigenvalues and eigenvectors of a symmetric matrix. */
export interface Eigen {
  /** Largest first. */
  readonly values: Float64Array;
  /** [m·m], row-major; column k is the unit vector of values[k]. */
  readonly vectors: Float64Array;
}

const MAX_SWEEPS = 60;

/** The rotation that makes a[p, q] zero: its cosine, sine and tangent. */
function rotation(app: number, aqq: number, apq: number) {
  const theta = (aqq - app) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  return { c, s: t * c };
}

/** Rotates columns p and q of a row-major [m·m]. */
function rotateColumns(a: Float64Array, m: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < m; k += 1) {
    const [x, y] = [a[k * m + p]!, a[k * m + q]!];
    a[k * m + p] = c * x - s * y;
    a[k * m + q] = s * x + c * y;
  }
}

/** Rotates rows p and q of a row-major [m·m]. */
function rotateRows(a: Float64Array, m: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < m; k += 1) {
    const [x, y] = [a[p * m + k]!, a[q * m + k]!];
    a[p * m + k] = c * x - s * y;
    a[q * m + k] = s * x + c * y;
  }
}

/** Rotates every off-diagonal pair once; tells whether any was worth it. */
function sweep(a: Float64Array, v: Float64Array, m: number): boolean {
  let rotated = false;
  for (let p = 0; p < m; p += 1) {
    for (let q = p + 1; q < m; q += 1) {
      const apq = a[p * m + q]!;
      const size = Math.sqrt(Math.abs(a[p * m + p]!)) * Math.sqrt(Math.abs(a[q * m + q]!));
      if (apq === 0 || Math.abs(apq) <= 1e-17 * size) continue;
      const { c, s } = rotation(a[p * m + p]!, a[q * m + q]!, apq);
      rotateColumns(a, m, p, q, c, s);
      rotateRows(a, m, p, q, c, s);
      a[p * m + q] = 0;
      a[q * m + p] = 0;
      rotateColumns(v, m, p, q, c, s);
      rotated = true;
    }
  }
  return rotated;
}

/**
 * Eigenvalues and orthonormal eigenvectors of a small symmetric matrix.
 *
 * Cyclic Jacobi rotations: slow for hundreds of rows, and for a few the most accurate there is; small eigenvalues of graded
 * matrices keep their digits. At most 60 sweeps, so that matrices of NaN end too.
 *
 * @param matrix - [m·m], row-major, symmetric.
 * @see Golub and Van Loan, Matrix Computations, section 8.5 (the symmetric Jacobi methods).
 */
export function eigenSymmetric(matrix: Float64Array): Eigen {
  const m = Math.round(Math.sqrt(matrix.length));
  const a = Float64Array.from(matrix);
  const v = new Float64Array(m * m);
  for (let i = 0; i < m; i += 1) v[i * m + i] = 1;
  for (let n = 0; n < MAX_SWEEPS && sweep(a, v, m); n += 1);
  const order = Array.from({ length: m }, (_, i) => i).sort((i, j) => a[j * m + j]! - a[i * m + i]! || i - j);
  const vectors = new Float64Array(m * m);
  for (let at = 0; at < m * m; at += 1) vectors[at] = v[at - (at % m) + order[at % m]!]!;
  return { values: Float64Array.from(order, (i) => a[i * m + i]!), vectors };
}
