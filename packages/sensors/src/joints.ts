import { featureSpecOf, type JointState, type JointsFeature } from "@polypilot/core";
import { finiteVector, refuse, type Sensor } from "./feature-result.js";

/**
 * The named joints' positions, velocities or efforts, in the contract's order: float32 [n], one unit and range each.
 *
 * Joints are found by name, so their order in the message does not matter. Values are reported as they are, also beyond the
 * contract's range: the models scale by that range, and the safety gate judges.
 *
 * Refusals: `missing_joint` if a joint is not named, `short_data` if it is named without a value (drivers leave effort empty,
 * for example), `not_finite`.
 */
export const joints: Sensor<JointsFeature> = {
  kind: "joints",
  spec: featureSpecOf,
  decode(feature, spec, _type, message) {
    const state = message as JointState;
    const values = new Float64Array(feature.joints.length);
    for (const [i, joint] of feature.joints.entries()) {
      const index = state.name.indexOf(joint.name);
      if (index < 0) return refuse("missing_joint");
      const value = state[joint.field][index];
      if (value === undefined) return refuse("short_data");
      values[i] = value;
    }
    return finiteVector(spec, values);
  },
};
