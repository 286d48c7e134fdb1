/** A number with the digits that a person wants to read. */
export function readable(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  if (Math.abs(value) >= 10 ** digits) return String(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

/** A fraction as per cent. */
export const percent = (fraction: number): string => `${readable(fraction * 100, 3)} %`;

/** A duration: 0.42 s, 12 s, 3 min 20 s, 1 h 5 min. */
export function duration(sec: number): string {
  if (sec < 10) return `${readable(sec, 2)} s`;
  const whole = Math.round(sec);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A size: 512 B, 1.2 MB, in powers of ten as disks are sold. */
export function bytes(size: number): string {
  const [unit, factor] = (
    [
      ["GB", 1e9],
      ["MB", 1e6],
      ["kB", 1e3],
    ] as const
  ).find(([, f]) => size >= f) ?? ["B", 1];
  return `${readable(size / factor)} ${unit}`;
}

/** One, or several: `plural(1, "head")` is "1 head". */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
