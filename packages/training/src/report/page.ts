import { escapeHtml } from "./escape.js";
import { style } from "./style.js";

/** One part of a page. */
export interface Section {
  readonly title: string;
  /** A sentence or two before the parts: what there is to see. Plain text. */
  readonly intro?: string;
  /** Ready HTML: charts, tables, strips. */
  readonly parts: readonly string[];
}

export interface PageOptions {
  /** One line below the title. Plain text. */
  readonly subtitle?: string;
  /** Ready HTML before the sections: the key figures, as `facts` makes them. */
  readonly lead?: string;
}

const anchor = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/**
 * A self-contained HTML page: no script, no network, light or dark as the reader's system is.
 *
 * @param sections - those with parts; the others are left out.
 */
export function page(title: string, sections: readonly Section[], options: PageOptions = {}): string {
  const shown = sections.filter((s) => s.parts.length > 0);
  const links = shown.map((s) => `<li><a href="#${anchor(s.title)}">${escapeHtml(s.title)}</a></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="brand">Polypilot</p>
<h1>${escapeHtml(title)}</h1>
${options.subtitle ? `<p class="subtitle">${escapeHtml(options.subtitle)}</p>` : ""}
</header>
<main>
${options.lead ?? ""}
<nav aria-label="Sections"><ul>${links.join("")}</ul></nav>
${shown.map(section).join("\n")}
</main>
</body>
</html>
`;
}

function section({ title, intro, parts }: Section): string {
  const id = anchor(title);
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${escapeHtml(title)}</h2>
${intro ? `<p>${escapeHtml(intro)}</p>` : ""}
${parts.join("\n")}
</section>`;
}

/** Key figures side by side. */
export function facts(items: readonly (readonly [label: string, value: string, note?: string])[]): string {
  const item = ([label, value, note]: (typeof items)[number]) =>
    `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}${note ? `<small>${escapeHtml(note)}</small>` : ""}</dd></div>`;
  return `<dl class="facts">${items.map(item).join("")}</dl>`;
}

/** A command line or file, as it is. */
export function code(text: string): string {
  return `<pre><code>${escapeHtml(text)}</code></pre>`;
}

/** Parts side by side where there is room. */
export function row(parts: readonly string[]): string {
  return `<div class="row">${parts.join("")}</div>`;
}

/** A remark that must be seen. */
export function warning(text: string): string {
  return `<p class="warning" role="note"><strong>Warning.</strong> ${escapeHtml(text)}</p>`;
}

/** A heading inside a section. */
export function heading(text: string): string {
  return `<h3>${escapeHtml(text)}</h3>`;
}

/** A paragraph of plain text. */
export function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}
