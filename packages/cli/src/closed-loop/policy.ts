import { type DrivePredictor, drive } from "@polypilot/control";
import type { Driver } from "./driver.js";

/** A model at the wheel. */
export function policy(predictor: DrivePredictor): Driver {
  return {
    name: "policy",
    start: (simulator, robot) => drive({ robot, contract: simulator.contract, predictor }),
  };
}
