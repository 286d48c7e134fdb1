import { toRosTime } from "@polypilot/core";
import { wheelSpeeds } from "../vehicle/motion.js";
import type { VehicleSpec } from "../vehicle/vehicle.js";
import type { Sensor } from "./sensor.js";

/** Names of the car's joints, in the order of its messages. */
const jointNames = [
  "steering_joint",
  "rear_left_wheel_joint",
  "rear_right_wheel_joint",
  "front_left_wheel_joint",
  "front_right_wheel_joint",
] as const;

/** Encoders of the steering (0.002 rad) and of the wheels (0.05 rad/s). */
export function jointSensor(spec: VehicleSpec): Sensor<"sensor_msgs/msg/JointState"> {
  return {
    type: "sensor_msgs/msg/JointState",
    delayMs: [0.4, 0.3],
    measure({ stampNs, state, rng }) {
      const turning = wheelSpeeds(state, spec).map((v) => v / spec.wheelRadiusM + 0.05 * rng.normal());
      return {
        header: { stamp: toRosTime(stampNs), frame_id: "" },
        name: jointNames,
        position: Float64Array.of(state.steeringRad + 0.002 * rng.normal(), ...state.wheelRad),
        velocity: Float64Array.of(state.steeringRate, ...turning),
        effort: new Float64Array(0),
      };
    },
  };
}
