/**
 * A value on a scale, as a line with a mark: `├──────┼───●──┤`.
 *
 * @param value - clipped to the scale; nothing is marked for NaN.
 * @param range - least and greatest; the middle mark is 0 if it lies inside.
 * @param width - characters.
 * @param mirrored - the greatest value at the left, as steering to the left is positive (REP 103).
 */
export function bar(value: number, range: readonly [number, number], width: number, mirrored = false): string {
  const [low, high] = range;
  const place = (v: number) => {
    const part = Math.min(1, Math.max(0, (v - low) / (high - low)));
    return Math.round((mirrored ? 1 - part : part) * (width - 1));
  };
  const cells = Array.from({ length: width }, () => "─");
  cells[0] = "├";
  cells[width - 1] = "┤";
  if (low < 0 && high > 0) cells[place(0)] = "┼";
  if (Number.isFinite(value)) cells[place(value)] = "●";
  return cells.join("");
}
