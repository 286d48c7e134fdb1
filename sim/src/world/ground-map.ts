/** Classes of a cell of the map. */
export const cellClasses = { other: 0, road: 1, solid: 2, dashed: 3 } as const;

/** One resolution of the map's colours. */
export interface MapLevel {
  readonly width: number;
  readonly height: number;
  /** Index of its first cell in `colours`. */
  readonly offset: number;
}

/**
 * The ground seen from above: a class and a colour for each square cell.
 *
 * `colours` holds the full resolution and, after it, ever coarser ones, each half the one before (a mip pyramid): far pixels
 * look at coarse cells, so that thin lines fade instead of flickering.
 */
export interface GroundMap {
  readonly cellM: number;
  /** World position of the corner of cell (0, 0). */
  readonly originX: number;
  readonly originY: number;
  readonly levels: readonly MapLevel[];
  readonly colours: Uint32Array;
  /** [height·width] at the full resolution. */
  readonly classes: Uint8Array;
  /** Mean colour, for what lies outside. */
  readonly outside: number;
}

export const MAP_LEVELS = 6;

/** Offsets of all levels for a full resolution of width × height (both multiples of 2^(MAP_LEVELS − 1)). */
export function layOut(width: number, height: number): { levels: MapLevel[]; cells: number } {
  const levels: MapLevel[] = [];
  let offset = 0;
  for (let l = 0; l < MAP_LEVELS; l += 1) {
    const level = { width: width >> l, height: height >> l, offset };
    levels.push(level);
    offset += level.width * level.height;
  }
  return { levels, cells: offset };
}

/** Fills every coarser level with the means of the one before. */
export function fillPyramid(colours: Uint32Array, levels: readonly MapLevel[]): void {
  for (let l = 1; l < levels.length; l += 1) {
    const fine = levels[l - 1]!;
    const coarse = levels[l]!;
    for (let y = 0; y < coarse.height; y += 1) {
      for (let x = 0; x < coarse.width; x += 1) {
        const i = fine.offset + 2 * y * fine.width + 2 * x;
        colours[coarse.offset + y * coarse.width + x] = meanOfFour(
          colours[i]!,
          colours[i + 1]!,
          colours[i + fine.width]!,
          colours[i + fine.width + 1]!,
        );
      }
    }
  }
}

function meanOfFour(a: number, b: number, c: number, d: number): number {
  const redBlue = (a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff) + 0x020002;
  const green = (a & 0xff00) + (b & 0xff00) + (c & 0xff00) + (d & 0xff00) + 0x0200;
  return ((redBlue >>> 2) & 0xff00ff) | ((green >>> 2) & 0xff00);
}

/** Class of the cell under a point of the world. */
export function classAt(map: GroundMap, x: number, y: number): number {
  const { width, height } = map.levels[0]!;
  const column = Math.floor((x - map.originX) / map.cellM);
  const row = Math.floor((y - map.originY) / map.cellM);
  return column < 0 || row < 0 || column >= width || row >= height ? 0 : map.classes[row * width + column]!;
}
