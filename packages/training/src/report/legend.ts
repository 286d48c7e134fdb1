import { escapeHtml } from "./escape.js";
import { classColours } from "./pixels.js";

/** Colours and what they stand for. */
export function legend(items: readonly (readonly [colour: string, name: string])[]): string {
  const item = ([colour, name]: (typeof items)[number]) =>
    `<span style="--key:${escapeHtml(colour)}">${escapeHtml(name)}</span>`;
  return `<div class="legend">${items.map(item).join("")}</div>`;
}

/** The colours in which a mask's classes are laid over images. */
export function classLegend(classes: readonly string[]): string {
  return legend(
    classes.slice(1).map((name, i) => [`rgb(${(classColours[i + 1] ?? [128, 128, 128]).join(",")})`, name] as const),
  );
}
