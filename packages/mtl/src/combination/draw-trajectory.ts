import type { ProblemResult } from "./combine-problem.js";
import { refuse } from "./read-inputs.js";
import { type Problem, readProblem } from "./read-problem.js";
import { trajectoryPlot } from "./trajectory-plot.js";
import { trajectoryPng } from "./trajectory-png.js";
import { trajectorySvg } from "./trajectory-svg.js";

/**
 * The runs of a problem as a file's content: JSON, SVG or PNG, by the ending of its name.
 *
 * @param result - of `combineProblem` with a trajectory.
 * @throws PolypilotError `MTL_COMBINE` for another ending.
 */
export async function drawTrajectory(
  problem: Problem | unknown,
  result: ProblemResult,
  file: string,
): Promise<string | Uint8Array> {
  if (file.endsWith(".json")) return `${JSON.stringify(result, null, 1)}\n`;
  const draw = file.endsWith(".svg") ? trajectorySvg : file.endsWith(".png") ? trajectoryPng : null;
  if (!draw) return refuse("trajectory", "a trajectory's file ends in .json, .svg or .png", file, "Rename it");
  return draw(trajectoryPlot(await readProblem(problem), result));
}
