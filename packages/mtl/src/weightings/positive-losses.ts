import { PolypilotError } from "@polypilot/core";

/**
 * Refuses losses below 0 for the methods that take a logarithm or a ratio of them.
 *
 * @throws PolypilotError `MTL_LOSS` that names the method and the task's place.
 */
export function refuseNegative(method: string, losses: readonly (number | null)[]): void {
  const at = losses.findIndex((loss) => loss !== null && loss < 0);
  if (at < 0) return;
  throw new PolypilotError("MTL_LOSS", ["mtl", `weighting.${method}`], {
    expected: `${method} works on losses of at least 0`,
    found: `${losses[at]} for task ${at + 1}`,
    todo: "Choose a loss that cannot be negative (not a log-likelihood of densities), or another weighting",
  });
}
