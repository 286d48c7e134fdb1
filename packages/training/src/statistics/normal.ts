/**
 * The standard normal's distribution function Φ(z), to about 1e-15.
 *
 * Φ(z) = ½ + φ(z)·(z + z³/3 + z⁵/(3·5) + …), which converges for every z; beyond |z| = 8 the answer is 0 or 1 in doubles' terms.
 *
 * @see Marsaglia 2004, Evaluating the Normal Distribution, Journal of Statistical Software 11(4).
 */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < -8) return 0;
  if (z > 8) return 1;
  let sum = z;
  let term = z;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * z * z - 0.9189385332046728);
}

/**
 * The z with Φ(z) = p, by bisection in [−8, 8].
 *
 * @param p - in [0, 1]; 0 and 1 give −∞ and ∞.
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  return bisect((z) => normalCdf(z) - p, -8, 8);
}

/** The root of an increasing function in [low, high], to the last bit that bisection can tell. */
export function bisect(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 200; i += 1) {
    const middle = (a + b) / 2;
    if (middle === a || middle === b) return middle;
    if (f(middle) < 0) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
