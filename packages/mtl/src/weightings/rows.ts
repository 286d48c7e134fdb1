import { PolypilotError } from "@polypilot/core";

/** [m][n] as JSON; empty before the first step. */
export type Rows = readonly (readonly number[])[];

/**
 * A state's rows as numbers to compute with; zeros of the Jacobian's shape before the first step.
 *
 * @throws PolypilotError `MTL_SHAPE` if the parameters are not those of the steps before.
 */
export function rowsOf(rows: Rows, jacobian: readonly ArrayLike<number>[]): Float64Array[] {
  if (rows.length === 0) return jacobian.map((row) => new Float64Array(row.length));
  if (rows.length === jacobian.length && rows.every((row, t) => row.length === jacobian[t]!.length)) {
    return rows.map((row) => new Float64Array(row));
  }
  throw new PolypilotError("MTL_SHAPE", ["mtl", "weighting"], {
    expected: `a Jacobian of [${rows.length}, ${rows[0]!.length}], as in the steps before`,
    found: `[${jacobian.length}, ${jacobian[0]?.length ?? 0}]`,
    todo: "Start from a new state when the model changes",
  });
}

/** The rows as JSON, for the next step's `rowsOf`. */
export function asRows(rows: readonly Float64Array[]): Rows {
  return rows.map((row) => {
    const numbers = new Array<number>(row.length);
    for (let k = 0; k < row.length; k += 1) numbers[k] = row[k]!;
    return numbers;
  });
}
