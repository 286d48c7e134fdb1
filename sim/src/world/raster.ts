import type { Random } from "@polypilot/core";
import type { Track } from "../track/track.js";
import { courseField } from "./field.js";
import { fillPyramid, type GroundMap, layOut, MAP_LEVELS } from "./ground-map.js";
import { noiseTile, TILE } from "./noise.js";
import { type KerbAt, type Painted, painter } from "./paint.js";
import type { Palette } from "./palette.js";
import { footprintRadiusM, type Prop, pack, topM } from "./prop.js";

const CELL_M = 0.02;
const MARGIN_M = 2.5;
const BEYOND_M = 1.2;
const MASK = TILE - 1;

/** Light on the ground under soft shadows of things out of sight: 1 in the sun. [TILE·TILE] */
function shadeTile(rng: Random, palette: Palette): Float32Array {
  const tile = noiseTile(rng, 4, 3, 0.45);
  if (palette.shade === 0) return tile.fill(1);
  const sorted = Float32Array.from(tile).sort();
  const edge = sorted[Math.floor(palette.shade * (sorted.length - 1))]!;
  for (let i = 0; i < tile.length; i += 1) {
    const lit = Math.max(0, Math.min(1, 0.5 + (tile[i]! - edge) * 14));
    tile[i] = palette.shadow + (1 - palette.shadow) * lit;
  }
  return tile;
}

/** Darkens the ground where a prop keeps the sun off: an ellipse with a soft rim, away from the sun. */
function castShadow(map: GroundMap, palette: Palette, prop: Prop): void {
  const width = prop.kind === "sign" ? 0.05 : footprintRadiusM(prop);
  const reach = Math.min(0.8, topM(prop) / Math.tan(palette.sunElevationRad)) / 2;
  const c = -Math.cos(palette.sunAzimuthRad);
  const s = -Math.sin(palette.sunAzimuthRad);
  const long = reach + width;
  const { width: columns, height: rows } = map.levels[0]!;
  const middleX = prop.x + c * reach - map.originX;
  const middleY = prop.y + s * reach - map.originY;
  const span = Math.ceil((1.4 * long) / map.cellM);
  const column0 = Math.floor(middleX / map.cellM);
  const row0 = Math.floor(middleY / map.cellM);
  for (let row = Math.max(0, row0 - span); row <= Math.min(rows - 1, row0 + span); row += 1) {
    for (let column = Math.max(0, column0 - span); column <= Math.min(columns - 1, column0 + span); column += 1) {
      const ex = (column + 0.5) * map.cellM - middleX;
      const ey = (row + 0.5) * map.cellM - middleY;
      const r = Math.hypot((ex * c + ey * s) / long, (ey * c - ex * s) / width);
      const lit = Math.max(0, Math.min(1, (r - 0.7) / 0.6));
      if (lit >= 1) continue;
      const light = palette.shadow + (1 - palette.shadow) * lit;
      const colour = map.colours[row * columns + column]!;
      map.colours[row * columns + column] = pack(
        (colour & 255) * light,
        ((colour >> 8) & 255) * light,
        ((colour >> 16) & 255) * light,
      );
    }
  }
}

function meanGround(palette: Palette): number {
  return pack(palette.ground[0], palette.ground[1], palette.ground[2]);
}

/** Draws the ground of a track from above, with its lines, kerbs, verges and shadows. */
export function rasterise(
  rng: Random,
  track: Track,
  palette: Palette,
  kerbAt: KerbAt,
  props: readonly Prop[],
): GroundMap {
  const widest = Math.max(...Array.from({ length: 200 }, (_, i) => track.halfWidthM((i / 200) * track.lengthM)));
  const band = widest + palette.vergeWidthM + 0.4;
  const field = courseField(track.course, CELL_M, band, Math.max(MARGIN_M, band + BEYOND_M), 2 ** (MAP_LEVELS - 1));
  const { levels, cells } = layOut(field.width, field.height);
  const colours = new Uint32Array(cells);
  const classes = new Uint8Array(field.width * field.height);
  const textures = { fine: noiseTile(rng.fork("fine"), 64, 3, 0.9), rough: noiseTile(rng.fork("rough"), 8, 4, 0.6) };
  const shade = shadeTile(rng.fork("shade"), palette);
  const paintCell = painter(track, palette, textures, kerbAt, CELL_M);
  const out: Painted = { cls: 0, red: 0, green: 0, blue: 0 };
  for (let row = 0, cell = 0; row < field.height; row += 1) {
    for (let column = 0; column < field.width; column += 1, cell += 1) {
      out.red = out.green = out.blue = 0;
      paintCell(out, column, row, field.progressM[cell]!, field.lateralM[cell]!);
      const light = shade[((row >> 2) & MASK) * TILE + ((column >> 2) & MASK)]!;
      classes[cell] = out.cls;
      colours[cell] = pack(out.red * light, out.green * light, out.blue * light);
    }
  }
  const map: GroundMap = {
    cellM: CELL_M,
    originX: field.originX,
    originY: field.originY,
    levels,
    colours,
    classes,
    outside: meanGround(palette),
  };
  for (const prop of props) castShadow(map, palette, prop);
  fillPyramid(colours, levels);
  return map;
}
