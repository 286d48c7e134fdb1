import type { Fault, FaultKind } from "@polypilot/sim";
import { InvalidArgumentError } from "commander";

const KINDS: Readonly<Record<FaultKind, "probability" | "seconds" | "none">> = {
  drop: "probability",
  duplicate: "probability",
  out_of_order: "probability",
  corrupt: "probability",
  late: "seconds",
  clock_jump: "seconds",
  stuck: "none",
  silent: "none",
};
const FORM = /^([a-z*/][\w/*]*):([a-z_]+)(?:=(-?[\d.]+))?(?:@([\d.]+)-([\d.]*))?$/;

function parse(text: string): Fault {
  const [, stream, name, amountText, from, to] = FORM.exec(text.trim()) ?? [];
  if (!stream || !name) {
    throw new InvalidArgumentError(
      `"${text}" is no fault. A fault is STREAM:KIND[=AMOUNT][@FROM-TO], as camera:drop=0.2@5-10.`,
    );
  }
  if (!Object.hasOwn(KINDS, name)) {
    throw new InvalidArgumentError(`"${name}" is no kind of fault. Kinds: ${Object.keys(KINDS).join(", ")}.`);
  }
  const kind = name as FaultKind;
  const amount = Number(amountText ?? 0);
  if (KINDS[kind] !== "none" && amountText === undefined) {
    throw new InvalidArgumentError(`${kind} needs an amount (${KINDS[kind]}), as ${stream}:${kind}=0.2.`);
  }
  if (KINDS[kind] === "probability" && !(amount >= 0 && amount <= 1)) {
    throw new InvalidArgumentError(`The amount of ${kind} is a probability from 0 to 1.`);
  }
  const toSec = to ? Number(to) : Number.POSITIVE_INFINITY;
  return { kind, stream, amount, fromSec: Number(from ?? 0), toSec };
}

/**
 * Faults from the command line: `camera:silent@5-7,lidar:drop=0.3`.
 *
 * Each is STREAM:KIND[=AMOUNT][@FROM-TO], with seconds since the start; without TO it lasts, and * means every stream.
 */
export function faults(text: string): readonly Fault[] {
  return text.split(",").map(parse);
}
