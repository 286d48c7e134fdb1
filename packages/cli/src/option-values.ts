import { InvalidArgumentError } from "commander";

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("A number above 0 was expected.");
  return value;
}

/** A whole number from 0 on. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2 ** 32 - 1) {
    throw new InvalidArgumentError("A whole number from 0 to 4294967295 was expected.");
  }
  return Number(text);
}

/** Seeds: `7`, `1,2,5`, `100-109`, or several of them joined by commas. */
export function seeds(text: string): readonly number[] {
  const all = text.split(",").flatMap((part) => {
    const [, low, high] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part.trim()) ?? [];
    if (low === undefined) throw new InvalidArgumentError("Seeds were expected, as 7 or 1,2,5 or 100-109.");
    const [first, last] = [Number(low), Number(high ?? low)];
    if (last < first || last - first >= 10_000) throw new InvalidArgumentError("A rising range was expected.");
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return [...new Set(all)];
}

/** Names joined by commas. */
export function names(text: string): readonly string[] {
  const all = text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  if (all.length === 0) throw new InvalidArgumentError("Names joined by commas were expected.");
  return all;
}

/** A share between 0 and 1, or none. */
export function shareOrNone(text: string): number {
  return Number(text) === 0 && text.trim() !== "" ? 0 : share(text);
}

/** A share between 0 and 1. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("A share between 0 and 1 was expected, as 0.2.");
  return value;
}
