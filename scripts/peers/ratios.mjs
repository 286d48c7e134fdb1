// Ratios of what was timed in turn in one run, and the rows that show them.

/** The median. */
export function middle(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
}

const short = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/**
 * A row of the bench: the median of the rounds' ratios, their spread and both sides' medians.
 *
 * @param pairs - for each round `[ours, the peer's]`.
 * @param options.unit - of both sides; `extra` is added to the note.
 */
export function ratioRow(name, pairs, { unit, extra = [] }) {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  const [ours, theirs] = [0, 1].map((side) => short(middle(pairs.map((pair) => pair[side]))));
  const spread = pairs.length === 1 ? "one round" : `${short(Math.min(...ratios))} to ${short(Math.max(...ratios))}`;
  return {
    name,
    value: middle(ratios),
    unit: "×",
    note: [spread, `${ours} and ${theirs} ${unit}`, ...extra].join("; "),
  };
}

/** The line that says what versions were timed: `{ PyTorch: "2.15.0" }` becomes "PyTorch 2.15.0". */
export const versionsLine = (versions) =>
  Object.entries(versions)
    .map(([program, version]) => `${program} ${version}`)
    .join(", ");
