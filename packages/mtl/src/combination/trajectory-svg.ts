import type { Plot } from "./trajectory-plot.js";
import { fieldPixels, LINE_COLOURS } from "./trajectory-png.js";

const [SIDE, MARGIN] = [480, 56];

async function background({ field }: Plot): Promise<string> {
  if (!field) return `<rect x="${MARGIN}" y="16" width="${SIDE}" height="${SIDE}" fill="white" stroke="gray"/>`;
  const { encode } = await import("fast-png");
  const size = field.length;
  const image = encode({ width: size, height: size, data: fieldPixels(field, size), channels: 4 });
  const href = `data:image/png;base64,${Buffer.from(image).toString("base64")}`;
  return `<image x="${MARGIN}" y="16" width="${SIDE}" height="${SIDE}" href="${href}"/>`;
}

const number = (value: number) => String(Number(value.toPrecision(3)));

/** A plot as an SVG drawing with its axes' ends; a small circle marks each start, a larger one each end. */
export async function trajectorySvg(plot: Plot): Promise<string> {
  const { x, y, lines, labels } = plot;
  const across = (value: number) => (MARGIN + ((value - x[0]) / (x[1] - x[0])) * SIDE).toFixed(2);
  const down = (value: number) => (16 + (1 - (value - y[0]) / (y[1] - y[0])) * SIDE).toFixed(2);
  const drawn = lines.map((line, k) => {
    const colour = `rgb(${LINE_COLOURS[k % LINE_COLOURS.length]!.join(",")})`;
    const points = line.map(([a, b]) => `${across(a)},${down(b)}`).join(" ");
    const mark = (at: readonly [number, number] | undefined, radius: number) =>
      at ? `<circle cx="${across(at[0])}" cy="${down(at[1])}" r="${radius}" fill="${colour}" stroke="white"/>` : "";
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>${mark(line[0], 3)}${mark(line.at(-1), 6)}`;
  });
  const text = (left: number, top: number, anchor: string, words: string) =>
    `<text x="${left}" y="${top}" text-anchor="${anchor}">${words}</text>`;
  const bottom = SIDE + 34;
  const axes = [
    text(MARGIN, bottom, "start", number(x[0])),
    text(MARGIN + SIDE / 2, bottom, "middle", labels[0]),
    text(MARGIN + SIDE, bottom, "end", number(x[1])),
    text(MARGIN - 6, SIDE + 16, "end", number(y[0])),
    text(MARGIN - 6, SIDE / 2 + 16, "end", labels[1]),
    text(MARGIN - 6, 26, "end", number(y[1])),
  ];
  const [width, height] = [SIDE + MARGIN + 16, SIDE + 48];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    await background(plot),
    ...drawn,
    ...axes,
    "</svg>\n",
  ].join("\n");
}
