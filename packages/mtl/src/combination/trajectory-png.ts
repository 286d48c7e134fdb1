import type { Plot } from "./trajectory-plot.js";

type Colour = readonly [number, number, number];

/** Dark where the losses are least. */
const shade = (value: number): Colour => [40 + 200 * value, 60 + 185 * value, 110 + 135 * value];
export const LINE_COLOURS: readonly Colour[] = [
  [214, 39, 40],
  [255, 127, 14],
  [44, 160, 44],
  [148, 103, 189],
  [23, 190, 207],
];

const PIXELS = 640;

interface Canvas {
  readonly data: Uint8Array;
  readonly size: number;
}

function dot({ data, size }: Canvas, column: number, row: number, radius: number, colour: Colour): void {
  for (let r = Math.round(row) - radius; r <= Math.round(row) + radius; r += 1) {
    for (let c = Math.round(column) - radius; c <= Math.round(column) + radius; c += 1) {
      if (r >= 0 && c >= 0 && r < size && c < size) data.set([...colour, 255], 4 * (r * size + c));
    }
  }
}

/** The losses behind the lines, as an image of its own. */
export function fieldPixels(field: NonNullable<Plot["field"]>, size: number): Uint8Array {
  const data = new Uint8Array(4 * size * size);
  for (let at = 0; at < size * size; at += 1) {
    const row = field[Math.floor((Math.floor(at / size) * field.length) / size)]!;
    data.set([...shade(row[Math.floor(((at % size) * row.length) / size)]!), 255], 4 * at);
  }
  return data;
}

/** A plot as a PNG image of 640 × 640 pixels, without text; a square marks each start, a larger one each end. */
export async function trajectoryPng({ x, y, lines, field }: Plot): Promise<Uint8Array> {
  const { encode } = await import("fast-png");
  const data = field ? fieldPixels(field, PIXELS) : new Uint8Array(4 * PIXELS * PIXELS).fill(255);
  const canvas = { data, size: PIXELS };
  const column = (value: number) => ((value - x[0]) / (x[1] - x[0])) * (PIXELS - 1);
  const row = (value: number) => (1 - (value - y[0]) / (y[1] - y[0])) * (PIXELS - 1);
  lines.forEach((line, k) => {
    const colour = LINE_COLOURS[k % LINE_COLOURS.length]!;
    line.forEach(([a, b], i) => {
      const [c, d] = line[Math.max(0, i - 1)]!;
      const pieces = Math.min(2 * PIXELS, Math.ceil(Math.hypot(column(a) - column(c), row(b) - row(d)))) || 1;
      for (let p = 0; p <= pieces; p += 1) {
        dot(canvas, column(c + ((a - c) * p) / pieces), row(d + ((b - d) * p) / pieces), 1, colour);
      }
    });
    const [start, end] = [line[0], line.at(-1)];
    if (start) dot(canvas, column(start[0]), row(start[1]), 3, colour);
    if (end) dot(canvas, column(end[0]), row(end[1]), 6, colour);
  });
  return encode({ width: PIXELS, height: PIXELS, data, channels: 4 });
}
