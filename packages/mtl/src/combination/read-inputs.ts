import { PolypilotError } from "@polypilot/core";
import type { Weighting } from "../weightings/weighting.js";

/** A Jacobian as JSON: a row a task, a column a parameter. */
export type JacobianRows = readonly (readonly number[])[];

/** Refuses what the user gave. */
export function refuse(unit: string, expected: string, found: string, todo: string): never {
  throw new PolypilotError("MTL_COMBINE", ["mtl", unit], { expected, found, todo });
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

function readOne(value: unknown, where: string): JacobianRows {
  const wanted = `${where} is a list of rows of finite numbers, one row a task`;
  if (!Array.isArray(value) || value.length === 0) refuse(where, wanted, shown(value), "Give at least one row");
  const columns = Array.isArray(value[0]) ? value[0].length : 0;
  value.forEach((row, t) => {
    if (!Array.isArray(row) || row.length === 0 || !row.every(isNumber)) {
      refuse(where, wanted, `row ${t + 1}: ${shown(row)}`, "Write numbers, as in [[1, 2], [3, 4]]");
    }
    if (row.length !== columns) {
      refuse(where, `${where} has rows of one length, ${columns}`, `row ${t + 1} of ${row.length}`, "Correct it");
    }
  });
  return value as JacobianRows;
}

/**
 * One Jacobian a step: the given one for every step, or the given list of them.
 *
 * @throws PolypilotError `MTL_COMBINE` if it is not a matrix, or a list of alike matrices.
 */
export function readJacobians(value: unknown, where: string): readonly JacobianRows[] {
  const listed = Array.isArray(value) && Array.isArray(value[0]) && Array.isArray(value[0][0]);
  const all = (listed ? (value as unknown[]) : [value]).map((one) => readOne(one, where));
  const [m, n] = [all[0]!.length, all[0]![0]!.length];
  for (const [step, one] of all.entries()) {
    if (one.length !== m || one[0]!.length !== n) {
      const found = `[${one.length}, ${one[0]!.length}] at step ${step + 1}`;
      refuse(where, `${where} has one shape in all steps, [${m}, ${n}]`, found, "Correct it");
    }
  }
  return all;
}

/**
 * One list of losses a step, null for a task without label.
 *
 * @param tasks - how many losses each list must have.
 * @throws PolypilotError `MTL_COMBINE` if it is no such list, or if it is missing and the method reads losses.
 */
export function readLosses(
  value: unknown,
  weighting: Weighting,
  tasks: number,
): readonly (readonly (number | null)[])[] {
  if (value === undefined) {
    if (!weighting.readsLosses) return [new Array<number>(tasks).fill(1)];
    refuse("losses", `${weighting.name} is given the tasks' losses`, "none", "Give one number a task");
  }
  const lists = Array.isArray(value) && Array.isArray(value[0]) ? value : [value];
  for (const list of lists) {
    if (Array.isArray(list) && list.length === tasks && list.every((v) => v === null || isNumber(v))) continue;
    refuse(
      "losses",
      `losses are ${tasks} finite numbers, or null for a task without label`,
      shown(list),
      "Correct them",
    );
  }
  return lists as readonly (readonly (number | null)[])[];
}
