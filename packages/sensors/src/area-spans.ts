/** For each of n equal cells along one axis: which source pixels it covers, and how much of each. */
export interface AreaSpans {
  /** [n] first source pixel of each cell. */
  readonly first: Int32Array;
  /** [n + 1] where each cell's weights begin in `weights`; cell i covers `start[i + 1] − start[i]` pixels. */
  readonly start: Int32Array;
  /** Covered length of each pixel, in (0, 1]. */
  readonly weights: Float64Array;
  /** Length of a cell in source pixels. */
  readonly cell: number;
}

const NEGLIGIBLE = 1e-9; // of a pixel: what rounding leaves where a cell ends on a pixel's border

/**
 * Cuts the interval [from, to] of a line of pixels into n equal cells and says how much of each pixel each cell covers.
 *
 * Pixel p covers [p, p + 1]. Borders need not be whole, neither the interval's nor the cells'; a cell may be smaller than a pixel.
 * The weights of a cell sum to its length.
 */
export function areaSpans(from: number, to: number, n: number): AreaSpans {
  const cell = (to - from) / n;
  const first = new Int32Array(n);
  const start = new Int32Array(n + 1);
  const weights: number[] = [];
  for (let i = 0; i < n; i += 1) {
    const low = from + i * cell;
    const high = i === n - 1 ? to : from + (i + 1) * cell;
    let pixel = Math.floor(low + NEGLIGIBLE);
    first[i] = pixel;
    for (; pixel < high - NEGLIGIBLE; pixel += 1) {
      weights.push(Math.min(high, pixel + 1) - Math.max(low, pixel));
    }
    start[i + 1] = weights.length;
  }
  return { first, start, weights: Float64Array.from(weights), cell };
}
