import { featureSpecOf, type Odometry, type OdometryFeature } from "@polypilot/core";
import { finiteVector, type Sensor } from "./feature-result.js";
import { numberAt } from "./number-at.js";

/**
 * The chosen velocities of the robot's own frame, in the contract's order: float32 [n], one unit and range each.
 *
 * The contract writes `twist.linear.x` for what nav_msgs/Odometry nests once more, beside its covariance, as
 * `twist.twist.linear.x`. Values are reported as they are, also beyond the contract's range: the models scale by that range.
 *
 * Refusals: `not_finite`, also for a field that the message lacks.
 */
export const odometry: Sensor<OdometryFeature> = {
  kind: "odometry",
  spec: featureSpecOf,
  decode: (feature, spec, _type, message) =>
    finiteVector(
      spec,
      feature.values.map((value) => numberAt((message as Odometry).twist, value.field)),
    ),
};
