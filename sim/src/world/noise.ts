import type { Random } from "@polypilot/core";

/** Side of the noise tile in cells; a power of two. */
export const TILE = 256;

/**
 * A square of smooth noise in [0, 1], [TILE·TILE], that repeats without a seam.
 *
 * Values on ever finer grids are blended by smooth steps and added, each finer grid with `gain` of the weight of the one before.
 */
export function noiseTile(rng: Random, coarsestCells: number, octaves: number, gain = 0.6): Float32Array {
  const out = new Float32Array(TILE * TILE);
  let weight = 1;
  let total = 0;
  for (let octave = 0; octave < octaves; octave += 1) {
    const grid = Math.min(TILE, coarsestCells << octave);
    addOctave(out, rng, grid, weight);
    total += weight;
    weight *= gain;
  }
  for (let i = 0; i < out.length; i += 1) out[i]! /= total;
  return out;
}

function addOctave(out: Float32Array, rng: Random, grid: number, weight: number): void {
  const values = Float32Array.from({ length: grid * grid }, () => rng.uniform());
  const size = TILE / grid;
  const ease = (t: number) => t * t * (3 - 2 * t);
  for (let y = 0; y < TILE; y += 1) {
    const y0 = Math.floor(y / size);
    const fy = ease(y / size - y0);
    const row0 = y0 * grid;
    const row1 = ((y0 + 1) % grid) * grid;
    for (let x = 0; x < TILE; x += 1) {
      const x0 = Math.floor(x / size);
      const x1 = (x0 + 1) % grid;
      const fx = ease(x / size - x0);
      const top = values[row0 + x0]! + fx * (values[row0 + x1]! - values[row0 + x0]!);
      const low = values[row1 + x0]! + fx * (values[row1 + x1]! - values[row1 + x0]!);
      out[y * TILE + x]! += weight * (top + fy * (low - top));
    }
  }
}
