import { escapeHtml } from "./escape.js";
import { type Pixels, pngDataUri } from "./pixels.js";

/** One picture with what is drawn on it. */
export interface Tile {
  readonly caption: string;
  readonly image: Pixels;
  /** Lines in image coordinates (pixels, y down), each with a CSS colour. */
  readonly lines?: readonly {
    readonly points: readonly (readonly [number, number])[];
    readonly colour: string;
    readonly thickness?: number;
  }[];
}

export interface Frame {
  /** What the frame is: its time, its episode. */
  readonly title: string;
  readonly tiles: readonly Tile[];
}

/**
 * Pictures side by side, their pixels scaled up crisply.
 *
 * @param width - width of one tile on the page in CSS pixels.
 */
export function imageStrip(frames: readonly Frame[], caption: string, width = 200): string {
  const one = ({ title, tiles }: Frame) =>
    `<div class="frame"><p>${escapeHtml(title)}</p><div class="tiles">${tiles.map((t) => tile(t, width)).join("")}</div></div>`;
  return `<figure><div class="strip">${frames.map(one).join("\n")}</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function tile({ caption, image, lines = [] }: Tile, width: number): string {
  const { width: w, height: h } = image;
  const thick = w / 55;
  const drawn = lines.map(({ points, colour, thickness = 1 }) => {
    const list = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    const path = (stroke: string, size: number) =>
      `<polyline points="${list}" fill="none" stroke="${stroke}" stroke-width="${size.toFixed(2)}" stroke-linecap="round"/>`;
    return path("rgba(0,0,0,.55)", thick * (thickness + 0.9)) + path(escapeHtml(colour), thick * thickness);
  });
  const label = escapeHtml(caption);
  return `<div style="width:${width}px"><svg class="tile" viewBox="0 0 ${w} ${h}" width="${width}" height="${Math.round((width * h) / w)}" role="img" aria-label="${label}"><image href="${pngDataUri(image)}" width="${w}" height="${h}"/>${drawn.join("")}</svg>${label}</div>`;
}

/**
 * The way that a car with this steering angle takes, as a line over its camera's image: left for positive angles.
 *
 * A sketch, since the camera's calibration is not known: a parabola from the image's bottom that bends by the angle's share
 * of `fullRad`.
 */
export function steeringLine(rad: number, fullRad: number, image: { readonly width: number; readonly height: number }) {
  const { width, height } = image;
  return Array.from({ length: 13 }, (_, i): [number, number] => {
    const t = i / 12;
    return [width / 2 - (rad / fullRad) * 0.42 * width * t * t, height * (1 - 0.6 * t)];
  });
}
