import { paintClass } from "../track/markings.js";
import type { Track } from "../track/track.js";
import { TILE } from "./noise.js";
import type { Palette, Rgb } from "./palette.js";

/** What lies at a place: its class for the masks and its colour before shadows. */
export interface Painted {
  cls: number;
  red: number;
  green: number;
  blue: number;
}

/** Textures that the painter draws from. */
export interface Textures {
  readonly fine: Float32Array;
  readonly rough: Float32Array;
}

/** Kerb stretches by arc length: sides on which a kerb stands. */
export type KerbAt = (progressM: number) => { readonly left: boolean; readonly right: boolean };

const KERB_M = 0.07;
const KERB_STRIPE_M = 0.25;
const LINE_INSET_M = 0.015;
const MASK = TILE - 1;

const put = (out: Painted, colour: Rgb, light: number, strength = 1) => {
  out.red += strength * (colour[0] * light - out.red);
  out.green += strength * (colour[1] * light - out.green);
  out.blue += strength * (colour[2] * light - out.blue);
};

/**
 * A painter of cells: called with a cell's place, it fills `out` with class and colour.
 *
 * Classes: 0 other, 1 road, 2 solid line, 3 dashed line. Paint that covers more than half of a cell decides its class, unless so
 * little of it is left that nobody could see it.
 */
export function painter(track: Track, palette: Palette, textures: Textures, kerbAt: KerbAt, cellM: number) {
  const { fine, rough } = textures;
  return (out: Painted, column: number, row: number, progressM: number, lateralM: number): void => {
    const grain = fine[(row & MASK) * TILE + (column & MASK)]! - 0.5;
    const patch = rough[((row >> 1) & MASK) * TILE + ((column >> 1) & MASK)]! - 0.5;
    const texture = grain + 0.8 * patch;
    const half = Number.isNaN(progressM) ? 0 : track.halfWidthM(progressM);
    const beyond = Math.abs(lateralM) - half;
    out.cls = 0;
    if (!(beyond < palette.vergeWidthM + 0.5 * patch)) {
      put(out, palette.ground, 1 + 1.6 * palette.groundContrast * texture);
      return;
    }
    if (beyond > 0) {
      const kerb = kerbAt(progressM);
      if (beyond < KERB_M && (lateralM > 0 ? kerb.left : kerb.right)) {
        put(out, palette.kerb[Math.floor(progressM / KERB_STRIPE_M) & 1]!, 1 + 0.2 * grain);
      } else {
        put(out, palette.verge, 1 + 1.6 * palette.vergeContrast * texture);
      }
      return;
    }
    out.cls = 1;
    put(out, palette.road, 1 + 1.6 * palette.roadContrast * texture);
    for (const marking of track.markings) {
      const side = marking.line === "left" ? 1 : marking.line === "right" ? -1 : 0;
      const away = Math.abs(lateralM - side * (half - LINE_INSET_M - marking.widthM / 2));
      const cover = (marking.widthM / 2 - away) / cellM + 0.5;
      if (cover <= 0) continue;
      const cls = paintClass(marking, progressM);
      if (cls === 0) continue;
      const worn = marking.paintAt(progressM).startsWith("worn");
      const left = worn ? Math.max(0, Math.min(1, marking.wornStrength + 2.5 * (grain + patch))) : 0.92;
      put(
        out,
        marking.colour === "white" ? palette.white : palette.yellow,
        1 + 0.15 * grain,
        left * Math.min(1, cover),
      );
      if (cover > 0.5 && left > 0.12) out.cls = 1 + cls;
    }
  };
}
