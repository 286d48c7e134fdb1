import type { Simulator } from "../simulator.js";
import type { Truth } from "../truth/truth.js";
import type { Sign } from "../world/prop.js";

const PREVIEW_M = 1.6;
const STEP_M = 0.2;

/** From how far before a sign to how far behind it it holds, and the share of the cruising speed that it allows. */
const rules: Readonly<
  Record<Sign["sign"], { readonly beforeM: number; readonly afterM: number; readonly share: number }>
> = {
  speed_limit: { beforeM: 0.3, afterM: 5, share: 0.65 },
  sharp_bend: { beforeM: 0.3, afterM: 3, share: 0.75 },
  stop: { beforeM: 1, afterM: 0.3, share: 0.35 },
};

/**
 * The speed the expert wants: the contract's cruising speed, less in bends (v² ≤ a·R for the lane 1.6 m ahead) and where signs
 * say so.
 */
export function speedLimit(simulator: Simulator, truth: Truth): number {
  const { track, contract, props } = simulator;
  const { cruise, lateral_acceleration: lateral, limits } = contract.command.speed;
  let sharpest = Math.abs(truth.curvature);
  for (let ahead = STEP_M; ahead <= PREVIEW_M; ahead += STEP_M)
    sharpest = Math.max(sharpest, Math.abs(track.laneAt(truth.progressM + ahead).curvature));
  let speed = Math.min(cruise, Math.sqrt(lateral / Math.max(1e-3, sharpest)));
  for (const prop of props) {
    if (prop.kind !== "sign") continue;
    const { beforeM, afterM, share } = rules[prop.sign];
    const past = truth.progressM - prop.progressM;
    const since = past - track.lengthM * Math.round(past / track.lengthM);
    if (since > -beforeM && since < afterM) speed = Math.min(speed, share * cruise);
  }
  return Math.min(speed, limits.value[1]);
}
