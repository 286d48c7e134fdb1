import type { Random } from "@polypilot/core";
import { noiseTile, TILE } from "./noise.js";
import type { Palette, Rgb } from "./palette.js";
import { pack } from "./prop.js";

/** Columns of the panorama, all round; a power of two. */
export const PANORAMA_COLUMNS = 1024;
const ROWS = 160;
const ROW_RAD = Math.PI / 360;
const LOWEST_RAD = -4 * ROW_RAD;

/** Row of the panorama at an elevation above the horizon. */
export function panoramaRow(elevationRad: number): number {
  return Math.max(0, Math.min(ROWS - 1, Math.floor((elevationRad - LOWEST_RAD) / ROW_RAD)));
}

const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];

/** Elevation of the skyline by column: far hills, and before them blocks such as trees, houses or furniture. */
function skyline(rng: Random): { hills: Float32Array; blocks: Float32Array } {
  const hills = new Float32Array(PANORAMA_COLUMNS);
  const waves = [2, 3, 5, 9, 14].map((k) => ({ k, phase: 2 * Math.PI * rng.uniform(), size: rng.uniform() / k }));
  const height = 0.02 + 0.1 * rng.uniform();
  for (let i = 0; i < PANORAMA_COLUMNS; i += 1) {
    const angle = (2 * Math.PI * i) / PANORAMA_COLUMNS;
    hills[i] = height * (0.6 + waves.reduce((sum, w) => sum + w.size * Math.cos(w.k * angle + w.phase), 0));
  }
  const blocks = new Float32Array(PANORAMA_COLUMNS);
  const count = Math.round(40 * rng.uniform());
  for (let b = 0; b < count; b += 1) {
    const from = rng.integer(PANORAMA_COLUMNS);
    const width = 6 + rng.integer(40);
    const top = 0.03 + 0.22 * rng.uniform() ** 2;
    const round = rng.uniform() < 0.5;
    for (let i = 0; i < width; i += 1) {
      const t = (2 * i) / width - 1;
      const column = (from + i) % PANORAMA_COLUMNS;
      blocks[column] = Math.max(blocks[column]!, round ? top * Math.sqrt(1 - t * t) : top);
    }
  }
  return { hills, blocks };
}

/** What lies beyond the ground: sky, clouds and skyline by direction; packed colours, [rows · PANORAMA_COLUMNS]. */
export function panorama(rng: Random, palette: Palette): Uint32Array {
  const out = new Uint32Array(ROWS * PANORAMA_COLUMNS);
  const clouds = noiseTile(rng.fork("clouds"), 4, 5, 0.6);
  const leaves = noiseTile(rng.fork("leaves"), 32, 3, 0.8);
  const { hills, blocks } = skyline(rng.fork("skyline"));
  const cloudy = 0.5 * rng.uniform();
  const haze = mix(palette.ground, palette.skyLow, 0.35);
  const block = mix(palette.hills, [60, 60, 60], 0.5 * rng.uniform());
  for (let row = 0; row < ROWS; row += 1) {
    const elevation = LOWEST_RAD + (row + 0.5) * ROW_RAD;
    const sky = mix(palette.skyLow, palette.skyTop, Math.max(0, Math.min(1, elevation / 0.7)));
    for (let column = 0; column < PANORAMA_COLUMNS; column += 1) {
      const cloud = Math.max(0, clouds[((3 * row) % TILE) * TILE + (column % TILE)]! - 0.5) * 2 * cloudy;
      let colour = mix(sky, [236, 238, 240], cloud);
      const leaf = 0.75 + 0.5 * leaves[((2 * row) % TILE) * TILE + (column % TILE)]!;
      if (elevation < hills[column]!) colour = mix(palette.hills, palette.skyLow, 0.45);
      if (elevation < blocks[column]!) colour = [block[0] * leaf, block[1] * leaf, block[2] * leaf];
      if (elevation < 0) colour = haze;
      out[row * PANORAMA_COLUMNS + column] = pack(colour[0], colour[1], colour[2]);
    }
  }
  return out;
}
