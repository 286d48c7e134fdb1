/** How a bench tells a figure. */
export type Report = (row: { name: string; value: number; unit: string; note?: string }) => void;

/** The value that a share q of all lie below. */
export const quantile = (all: readonly number[], q: number): number =>
  [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(q * all.length))]!;
