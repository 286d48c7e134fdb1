/**
 * The point of the simplex {w ≥ 0, Σ w = 1} nearest to y.
 *
 * @see Held, Wolfe and Crowder 1974, Validation of subgradient optimization; Duchi et al. 2008, figure 1.
 */
export function projectOntoSimplex(y: ArrayLike<number>): Float64Array {
  const highest = Math.max(...Array.from(y));
  // Only differences count, and from the highest number down they keep their digits.
  const shifted = Float64Array.from(y, (value) => value - highest);
  const sorted = shifted.toSorted().reverse();
  let sum = 0;
  let threshold = 0;
  for (let i = 0; i < sorted.length; i += 1) {
    sum += sorted[i]!;
    const next = (sum - 1) / (i + 1);
    if (sorted[i]! > next) threshold = next;
  }
  return shifted.map((value) => Math.max(0, value - threshold));
}

/** exp(z_i) / Σ exp(z), safe for large z. */
export function softmax(z: ArrayLike<number>): Float64Array {
  const highest = Math.max(...Array.from(z));
  const powers = Float64Array.from(z, (value) => Math.exp(value - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
