import type { DriveHealth } from "@polypilot/control";
import type { Robot } from "@polypilot/core";
import type { Simulator } from "@polypilot/sim";

/** Somebody at the wheel. */
export interface DrivingSession {
  /** Stops the robot at once, then lets go of it. May be called again. */
  stop(): Promise<void>;
  /** What the drive pipe counts; absent where no model drives. */
  health?(): DriveHealth;
}

/** Who drives: a model, the expert, or a person at the keyboard. */
export interface Driver {
  readonly name: "policy" | "expert" | "person";
  /**
   * @param robot - the simulator, or its tap into a recorder: commands go there.
   */
  start(simulator: Simulator, robot: Robot): DrivingSession;
}
