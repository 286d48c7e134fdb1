import type { Picture } from "./picture.js";

type Rgb = readonly [number, number, number];

/** Mean colour of the part of the picture that one cell stands for. */
function mean({ width, rgb }: Picture, x0: number, x1: number, y0: number, y1: number): Rgb {
  let [r, g, b, n] = [0, 0, 0, 0];
  for (let y = y0; y < y1; y += 1) {
    for (let x = x0; x < x1; x += 1) {
      const at = (y * width + x) * 3;
      r += rgb[at]!;
      g += rgb[at + 1]!;
      b += rgb[at + 2]!;
      n += 1;
    }
  }
  return [Math.round(r / n), Math.round(g / n), Math.round(b / n)];
}

/** The nearest of the 6×6×6 colours that every terminal has. */
const palette = ([r, g, b]: Rgb) => 16 + 36 * Math.round(r / 51) + 6 * Math.round(g / 51) + Math.round(b / 51);

/**
 * A picture as lines of upper half blocks: each character holds two pixels, one above the other.
 *
 * @param columns - characters a line; at most the picture's width.
 * @param trueColour - 24-bit colours instead of the 216 that every terminal has.
 * @returns the lines, each ending with a reset; their number keeps the picture's aspect.
 */
export function halfBlocks(picture: Picture, columns: number, trueColour: boolean): readonly string[] {
  const wide = Math.max(1, Math.min(columns, picture.width));
  const high = Math.max(1, Math.min(picture.height >> 1, Math.round((wide * picture.height) / picture.width / 2)));
  const colour = (rgb: Rgb) => (trueColour ? `2;${rgb.join(";")}` : `5;${palette(rgb)}`);
  const edge = (i: number, of: number, size: number) => Math.floor((i * size) / of);
  return Array.from({ length: high }, (_, row) => {
    let line = "";
    let last = "";
    for (let column = 0; column < wide; column += 1) {
      const x0 = edge(column, wide, picture.width);
      const x1 = Math.max(x0 + 1, edge(column + 1, wide, picture.width));
      const cell = [2 * row, 2 * row + 1].map((half) => {
        const y0 = edge(half, 2 * high, picture.height);
        return colour(mean(picture, x0, x1, y0, Math.max(y0 + 1, edge(half + 1, 2 * high, picture.height))));
      });
      const code = `\x1b[38;${cell[0]};48;${cell[1]}m`;
      line += code === last ? "▀" : `${code}▀`;
      last = code;
    }
    return `${line}\x1b[0m`;
  });
}
