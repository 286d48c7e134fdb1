import type { Random } from "@polypilot/core";

/** The numbers 0 … n − 1 without `left`, in random order; every order is equally likely. */
export function shuffledOthers(n: number, left: number, random: Random): number[] {
  const others = Array.from({ length: n }, (_, i) => i).filter((i) => i !== left);
  for (let k = others.length - 1; k > 0; k -= 1) {
    const other = random.integer(k + 1);
    [others[k], others[other]] = [others[other]!, others[k]!];
  }
  return others;
}
