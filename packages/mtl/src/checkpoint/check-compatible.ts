import { type Contract, PolypilotError } from "@polypilot/core";

/** One thing in which two contracts differ. */
interface Difference {
  /** `streams.camera.feature.width` */
  readonly field: string;
  /** In the checkpoint. */
  readonly expected: string;
  /** On the robot. */
  readonly found: string;
}

const show = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));

function differences(field: string, expected: unknown, found: unknown): Difference[] {
  if (typeof expected === "object" && expected !== null && typeof found === "object" && found !== null) {
    const [a, b] = [expected, found] as [Record<string, unknown>, Record<string, unknown>];
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => differences(`${field}.${key}`, a[key], b[key]));
  }
  return Object.is(expected, found) ? [] : [{ field, expected: show(expected), found: show(found) }];
}

function headDifferences(checkpoint: Contract, robot: Contract): Difference[] {
  const name = robot.command.steering.head;
  const field = `heads.${name}`;
  const [a, b] = [checkpoint.heads[name], robot.heads[name]];
  if (!a?.deploy) return [{ field, expected: "no such deployed head", found: "the head that steers" }];
  const meaning = (head: typeof b) =>
    head && { kind: head.kind, unit: head.unit, range: "range" in head && head.range };
  return differences(field, meaning(a), meaning(b));
}

/**
 * Checks that a robot's contract feeds a checkpoint what it was trained on.
 *
 * Every feature of the checkpoint must exist on the robot with the same fields, and the head that steers must mean the same.
 * Topics, rates, ages and limits may differ, and the robot may sense more.
 *
 * @throws PolypilotError `MTL_COMPATIBLE` with each field that differs, what the checkpoint expects and what was found.
 */
export function checkCompatible(checkpoint: Contract, robot: Contract): void {
  const streams = Object.entries(checkpoint.streams).filter(([, stream]) => stream.feature);
  const found = [
    ...streams.flatMap(([name, stream]) =>
      differences(`streams.${name}.feature`, stream.feature, robot.streams[name]?.feature),
    ),
    ...headDifferences(checkpoint, robot),
  ];
  if (found.length === 0) return;
  const list = (side: "expected" | "found") => found.map((d) => `${d.field} ${d[side]}`).join(", ");
  throw new PolypilotError("MTL_COMPATIBLE", ["mtl", "checkpoint"], {
    expected: `the robot's contract has the checkpoint's features: ${list("expected")}`,
    found: list("found"),
    todo: `Use a checkpoint for ${robot.robot.name}, or train one by its contract`,
  });
}
