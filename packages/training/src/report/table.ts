import { escapeHtml } from "./escape.js";
import { formatNumber } from "./format.js";

/** A cell: text, or a number that is formatted and stands to the right. */
export type Cell = string | number;

/**
 * A table; its first column holds the rows' names.
 *
 * @param columns - headings.
 * @param rows - plain text and numbers, one for each column.
 */
export function table(columns: readonly string[], rows: readonly (readonly Cell[])[], caption?: string): string {
  const numeric = columns.map((_, i) => i > 0 && rows.length > 0 && rows.every((r) => isNumeric(r[i])));
  const right = (i: number) => (numeric[i] ? ' class="num"' : "");
  const cell = (value: Cell | undefined, i: number) => {
    const text = typeof value === "number" ? formatNumber(value) : escapeHtml(value ?? "");
    return i === 0 ? `<th scope="row">${text}</th>` : `<td${right(i)}>${text}</td>`;
  };
  return `<div class="scroll"><table>${caption ? `<caption>${escapeHtml(caption)}</caption>` : ""}
<thead><tr>${columns.map((c, i) => `<th scope="col"${right(i)}>${escapeHtml(c)}</th>`).join("")}</tr></thead>
<tbody>${rows.map((r) => `<tr>${columns.map((_, i) => cell(r[i], i)).join("")}</tr>`).join("\n")}</tbody></table></div>`;
}

const isNumeric = (value: Cell | undefined) =>
  typeof value === "number" || (value !== undefined && /^[−–\d][\d.,\s\u202f]*/.test(value));

/**
 * A confusion matrix: rows are the truth, columns the prediction, each shaded by its share of the row.
 *
 * @param counts - [n, n] in row-major order.
 */
export function matrix(names: readonly string[], counts: ArrayLike<number>, caption: string): string {
  const n = names.length;
  const line = (name: string, r: number) => {
    const all = names.reduce((sum, _, c) => sum + counts[r * n + c]!, 0);
    const cells = names.map((_, c) => {
      const share = all === 0 ? 0 : counts[r * n + c]! / all;
      const shade = `background:color-mix(in srgb,var(--s1) ${Math.round(share * 55)}%,transparent)`;
      const text = all === 0 ? "–" : `${formatNumber(100 * share)} %`;
      return `<td style="${shade}">${text}<br><small>${formatNumber(counts[r * n + c]!)}</small></td>`;
    });
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join("")}</tr>`;
  };
  return `<div class="scroll"><table class="matrix"><caption>${escapeHtml(caption)}</caption>
<thead><tr><th scope="col">truth ↓ predicted →</th>${names.map((c) => `<th scope="col">${escapeHtml(c)}</th>`).join("")}</tr></thead>
<tbody>${names.map(line).join("\n")}</tbody></table></div>`;
}
