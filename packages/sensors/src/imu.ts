import { featureSpecOf, type Imu, type ImuFeature } from "@polypilot/core";
import { finiteVector, type Sensor } from "./feature-result.js";
import { numberAt } from "./number-at.js";

/**
 * The chosen angular velocities and linear accelerations, in the contract's order: float32 [n], one unit and range each.
 *
 * Values are reported as they are, gravity included, also beyond the contract's range: the models scale by that range.
 *
 * Refusals: `not_finite`, also for a field that the message lacks.
 */
export const imu: Sensor<ImuFeature> = {
  kind: "imu",
  spec: featureSpecOf,
  decode: (feature, spec, _type, message) =>
    finiteVector(
      spec,
      feature.values.map((value) => numberAt(message as Imu, value.field)),
    ),
};
