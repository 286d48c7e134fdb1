/**
 * The one error type of Polypilot: a wrong program, file or contract.
 *
 * Text: `[package] [unit] <what should be>. Found <what was>. <what to do>.` Late, stale or lost data are not errors; they
 * are counted.
 */
export class PolypilotError extends Error {
  override readonly name = "PolypilotError";

  /**
   * @param code - upper-case, prefixed by the package: `CORE_CONTRACT`, `SENSORS_SHAPE`.
   * @param where - `[package] [unit]` without the brackets: `["core", "contract"]`.
   * @param text - what should be, what was found and what to do; each one sentence without its final stop.
   */
  constructor(
    readonly code: string,
    where: readonly [pkg: string, unit: string],
    text: { readonly expected: string; readonly found: string; readonly todo: string },
    options?: { readonly cause?: unknown },
  ) {
    super(`[${where[0]}] [${where[1]}] ${text.expected}. Found ${text.found}. ${text.todo}.`, options);
  }
}
