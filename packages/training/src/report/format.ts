import type { Interval } from "../statistics/interval.js";

/** A number as people read it: three significant digits, whole numbers whole, thousands grouped, a dash where it is undefined. */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size >= 1000
      ? Math.round(size)
          .toString()
          .replace(/\B(?=(\d{3})+$)/g, "\u202f")
      : Number.isInteger(size)
        ? size.toString()
        : size < 1e-3
          ? size.toExponential(digits - 1).replace("-", "−")
          : trimmed(size.toPrecision(digits));
  return value < 0 ? `−${text}` : text;
}

/** toPrecision may still say 1e+3 for 999.9 and the like. */
const trimmed = (text: string) => (text.includes("e") ? Number(text).toString() : text);

/** An estimate with its interval in brackets: 0.812 [0.74, 0.86]. */
export function formatInterval({ estimate, low, high }: Pick<Interval, "estimate" | "low" | "high">): string {
  if (Number.isNaN(low) || Number.isNaN(high)) return formatNumber(estimate);
  return `${formatNumber(estimate)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

/** Bytes in the largest unit that leaves a number ≥ 1. */
export function formatBytes(bytes: number): string {
  const step = bytes <= 0 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${formatNumber(bytes / 1000 ** step)} ${["B", "kB", "MB", "GB"][step]}`;
}

/** Seconds as 42 s, 3 min 20 s or 2 h 5 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${formatNumber(seconds)} s`;
  const whole = Math.round(seconds);
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
