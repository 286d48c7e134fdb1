import { readable } from "../units.js";

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly unit?: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isEstimate = (value: unknown): value is Estimate =>
  isObject(value) && ["value", "low", "high"].every((key) => typeof value[key] === "number");

/** Names longer than this many are told by their number, the first and the last. */
const MOST_NAMES = 6;

function one(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length > MOST_NAMES ? `${value.length}: ${value[0]} … ${value.at(-1)}` : value.join(", ");
  }
  return typeof value === "number" && !Number.isInteger(value) ? readable(value) : String(value);
}

/**
 * Nested facts as rows of name and text: one row a leaf, its name the path to it.
 *
 * An estimate { value, low, high, unit } is one row with its interval.
 */
export function flatFacts(value: unknown, path = ""): [name: string, text: string][] {
  if (isEstimate(value)) {
    const unit = value.unit && value.unit !== "1" ? ` ${value.unit}` : "";
    return [[path, `${readable(value.value)}${unit} [${readable(value.low)}, ${readable(value.high)}]`]];
  }
  if (!isObject(value)) return [[path, one(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatFacts(inner, path ? `${path} ${key}` : key));
}
