import type { DriveHealth } from "@polypilot/control";
import type { Picture } from "./picture.js";

/** One moment of a drive, as far as it is shown. */
export interface Scene {
  readonly elapsedSec: number;
  /** Length of the run; undefined if it ends by Ctrl-C. */
  readonly totalSec: number | undefined;
  readonly picture: Picture | undefined;
  readonly steeringRad: number;
  readonly steeringRange: readonly [number, number];
  readonly speedMps: number;
  readonly speedRange: readonly [number, number];
  /** Distance from the lane's middle, left positive; NaN where nobody knows it, as on a recording. */
  readonly laneOffsetM: number;
  readonly distanceM: number;
  readonly autonomy: number;
  readonly interventions: number;
  /** Who commands, and why if it is not the policy. */
  readonly who: string;
  readonly streams: DriveHealth["streams"];
  readonly latencyMs: DriveHealth["latencyMs"] | undefined;
}
