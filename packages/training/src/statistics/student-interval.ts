import type { Interval } from "./interval.js";
import { bisect } from "./normal.js";

/** ln Γ(x) for x > 0 by Lanczos' sum, to about 1e-14. */
function logGamma(x: number): number {
  const c = [
    76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 0.001208650973866179,
    -0.000005395239384953,
  ];
  const t = x + 5.5;
  const series = c.reduce((sum, a, i) => sum + a / (x + 1 + i), 1.000000000190015);
  return (x + 0.5) * Math.log(t) - t + Math.log((2.5066282746310007 * series) / x);
}

/** The continued fraction of the incomplete beta function (Lentz's method). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const keep = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / keep(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 500; m += 1) {
    for (const n of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / keep(1 + n * d);
      c = keep(1 + n / c);
      h *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h;
}

/** Student's distribution function with `degrees` degrees of freedom. */
export function studentCdf(t: number, degrees: number): number {
  const [a, b] = [degrees / 2, 0.5];
  const x = degrees / (degrees + t * t);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  if (t === 0) return 0.5;
  const tails =
    x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
  return t > 0 ? 1 - tails / 2 : tails / 2;
}

/**
 * The mean of a few values with Student's interval: exact for normal values, however few they are.
 *
 * mean ± t · s / √n, with t the (1 + level)/2 quantile of Student's distribution with n − 1 degrees of freedom. For five seeds
 * a bootstrap interval of nominally 95 % holds the truth about 83 % of the time; this one holds it 95 %.
 */
export function studentInterval(values: readonly number[], level = 0.95): Interval {
  const n = values.length;
  const estimate = values.reduce((a, b) => a + b, 0) / n;
  if (n < 2) return { estimate, low: Number.NaN, high: Number.NaN, level, method: "student-t", units: n };
  const variance = values.reduce((sum, v) => sum + (v - estimate) ** 2, 0) / (n - 1);
  const t = bisect((x) => studentCdf(x, n - 1) - (1 + level) / 2, 0, 1e4);
  const half = t * Math.sqrt(variance / n);
  return { estimate, low: estimate - half, high: estimate + half, level, method: "student-t", units: n };
}
