/** Even spacing of a closed line through corners: samples about `wantedStepM` apart. */
export function resample(
  x: Float64Array,
  y: Float64Array,
  wantedStepM: number,
): { x: Float64Array; y: Float64Array; stepM: number } {
  const n = x.length;
  const along = new Float64Array(n + 1);
  for (let i = 0; i < n; i += 1) {
    const j = (i + 1) % n;
    along[i + 1] = along[i]! + Math.hypot(x[j]! - x[i]!, y[j]! - y[i]!);
  }
  const lengthM = along[n]!;
  const count = Math.max(8, Math.round(lengthM / wantedStepM));
  const stepM = lengthM / count;
  const outX = new Float64Array(count);
  const outY = new Float64Array(count);
  let i = 0;
  for (let k = 0; k < count; k += 1) {
    const s = k * stepM;
    while (i < n - 1 && along[i + 1]! <= s) i += 1;
    const f = (s - along[i]!) / Math.max(1e-12, along[i + 1]! - along[i]!);
    const j = (i + 1) % n;
    outX[k] = x[i]! + f * (x[j]! - x[i]!);
    outY[k] = y[i]! + f * (y[j]! - y[i]!);
  }
  return { x: outX, y: outY, stepM };
}

/** The closed line convolved with a Gaussian of `sigma` samples. */
export function smooth(x: Float64Array, y: Float64Array, sigma: number): { x: Float64Array; y: Float64Array } {
  const n = x.length;
  const half = Math.min(n >> 1, Math.ceil(3.5 * sigma));
  const kernel = Float64Array.from({ length: 2 * half + 1 }, (_, k) => Math.exp(-((k - half) ** 2) / (2 * sigma ** 2)));
  const sum = kernel.reduce((a, b) => a + b, 0);
  const outX = new Float64Array(n);
  const outY = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    let sx = 0;
    let sy = 0;
    for (let k = 0; k < kernel.length; k += 1) {
      const j = (i + k - half + n) % n;
      sx += kernel[k]! * x[j]!;
      sy += kernel[k]! * y[j]!;
    }
    outX[i] = sx / sum;
    outY[i] = sy / sum;
  }
  return { x: outX, y: outY };
}

/** Direction and curvature of a closed, evenly spaced line by central differences. */
export function headings(
  x: Float64Array,
  y: Float64Array,
  stepM: number,
): { headingRad: Float64Array; curvature: Float64Array } {
  const n = x.length;
  const headingRad = new Float64Array(n);
  const curvature = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    const before = (i + n - 1) % n;
    const after = (i + 1) % n;
    headingRad[i] = Math.atan2(y[after]! - y[before]!, x[after]! - x[before]!);
  }
  for (let i = 0; i < n; i += 1) {
    const turn = headingRad[(i + 1) % n]! - headingRad[(i + n - 1) % n]!;
    curvature[i] = Math.atan2(Math.sin(turn), Math.cos(turn)) / (2 * stepM);
  }
  return { headingRad, curvature };
}

/** Largest magnitude. */
export function maxAbs(values: Float64Array): number {
  return values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}
