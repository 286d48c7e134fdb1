import { PolypilotError } from "@polypilot/core";
import type { Fault, FaultKind } from "./fault.js";

/** What the amount of each kind means; a probability left out is 1. */
const amounts: Readonly<Record<FaultKind, "probability" | "seconds" | "none">> = {
  drop: "probability",
  late: "seconds",
  duplicate: "probability",
  out_of_order: "probability",
  corrupt: "probability",
  stuck: "none",
  silent: "none",
  clock_jump: "seconds",
};

const FORM = "stream:kind, stream:kind=amount or stream:kind=amount@from-to with times in seconds";
const PATTERN = /^(?<stream>[^:@=\s]+):(?<kind>[a-z_]+)(?:=(?<amount>[^@]+))?(?:@(?<from>[\d.]+)(?:-(?<to>[\d.]*))?)?$/;

function refuse(part: string, expected: string, found: string, todo: string): never {
  throw new PolypilotError("SIM_FAULT", ["sim", `fault ${part}`], { expected, found, todo });
}

function amountOf(part: string, kind: FaultKind, text: string | undefined): number {
  const meaning = amounts[kind];
  if (meaning === "none") {
    if (text !== undefined) refuse(part, `${kind} takes no amount`, text, `Write ${kind} without =${text}`);
    return 0;
  }
  if (text === undefined && meaning === "seconds")
    refuse(part, `${kind} says by how many seconds`, "no amount", `Write ${kind}=0.3, for example`);
  const amount = text === undefined ? 1 : Number(text);
  const fits = meaning === "probability" ? amount >= 0 && amount <= 1 : Number.isFinite(amount);
  if (!fits || (kind === "late" && amount < 0)) {
    const range =
      meaning === "probability" ? "a probability within [0, 1]" : kind === "late" ? "seconds, 0 or more" : "seconds";
    refuse(part, `the amount of ${kind} is ${range}`, String(text), "Correct the number");
  }
  return amount;
}

function parseOne(part: string): Fault {
  const groups = PATTERN.exec(part)?.groups;
  if (!groups) refuse(part, `a fault reads ${FORM}`, part, "Correct its form, for example camera:drop=0.1@5-10");
  const kind = groups.kind!;
  if (!Object.hasOwn(amounts, kind))
    refuse(part, `a fault is one of ${Object.keys(amounts).join(", ")}`, kind, "Use one of these");
  const fromSec = groups.from === undefined ? 0 : Number(groups.from);
  const toSec = groups.to ? Number(groups.to) : Number.POSITIVE_INFINITY;
  if (!(fromSec < toSec))
    refuse(part, "a fault ends after it begins", `${groups.from}-${groups.to}`, "Correct the times");
  return {
    kind: kind as FaultKind,
    stream: groups.stream!,
    amount: amountOf(part, kind as FaultKind, groups.amount),
    fromSec,
    toSec,
  };
}

/**
 * Faults from their text: `camera:drop=0.1@5-10,lidar:silent@3-6`.
 *
 * The stream is its name in the contract, its topic, or `*` for all. Without times a fault lasts from beginning to end; `@5`
 * begins at 5 s and stays.
 *
 * @throws PolypilotError `SIM_FAULT` if the text is not of this form; it says which part and how it should read.
 */
export function parseFaults(text: string): Fault[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseOne);
}
