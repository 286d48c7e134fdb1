/** Rows as aligned columns: text to the left, numbers to the right. Columns are two spaces apart. */
export function table(rows: readonly (readonly (string | number)[])[], indent = "  "): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => String(row[i] ?? "").length)),
  );
  const cell = (value: string | number, i: number) =>
    typeof value === "number" ? String(value).padStart(widths[i]!) : value.padEnd(widths[i]!);
  return rows.map((row) => (indent + row.map(cell).join("  ")).trimEnd()).join("\n");
}
