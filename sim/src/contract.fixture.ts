import { readFileSync } from "node:fs";
import { type Contract, parseContract } from "@polypilot/core";

const text = readFileSync(new URL("../../contracts/sim-car.yaml", import.meta.url), "utf8");

/** The built-in simulator's own contract, with words of its text replaced; for tests and benches. */
export function simContract(replace: Readonly<Record<string, string>> = {}): Contract {
  let changed = text;
  for (const [from, to] of Object.entries(replace)) {
    if (!changed.includes(from)) throw new Error(`sim-car.yaml has no "${from}"`);
    changed = changed.replace(from, to);
  }
  return parseContract(changed, "sim-car.yaml");
}
