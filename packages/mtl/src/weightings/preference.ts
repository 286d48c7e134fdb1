import { PolypilotError } from "@polypilot/core";

/**
 * A list with one number a task, or none.
 *
 * @param required - whether an empty list is refused.
 * @throws PolypilotError `MTL_OPTION` if the list has another length.
 */
export function onePerTask(name: string, list: readonly number[], tasks: number, required = false): readonly number[] {
  if (list.length === tasks || (list.length === 0 && !required)) return list;
  throw new PolypilotError("MTL_OPTION", ["mtl", "weighting.options"], {
    expected: `${name} has one number a task, ${tasks} in all`,
    found: `${list.length}`,
    todo: required ? "Give one for each task, in the tasks' order" : "Give one for each task, or leave it out",
  });
}

/** What the given tasks count at first: their preferences, or 1/k each of k where there are none. */
export function preferenceOf(preference: readonly number[], tasks: readonly number[]): Float64Array {
  return Float64Array.from(tasks, (task) => (preference.length > 0 ? preference[task]! : 1 / tasks.length));
}
