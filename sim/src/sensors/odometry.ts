import { toRosTime } from "@polypilot/core";
import type { Sensor } from "./sensor.js";

const diagonal = (values: readonly number[]) => {
  const out = new Float64Array(36);
  values.forEach((v, i) => {
    out[7 * i] = v;
  });
  return out;
};

/** Dead reckoning from wheels and gyro: drifts, as it does on a real car. */
export function odometrySensor(): Sensor<"nav_msgs/msg/Odometry"> {
  return {
    type: "nav_msgs/msg/Odometry",
    delayMs: [0.5, 0.3],
    measure({ stampNs, state, rng }) {
      const half = state.odomYawRad / 2;
      return {
        header: { stamp: toRosTime(stampNs), frame_id: "odom" },
        child_frame_id: "base_link",
        pose: {
          pose: {
            position: { x: state.odomX, y: state.odomY, z: 0 },
            orientation: { x: 0, y: 0, z: Math.sin(half), w: Math.cos(half) },
          },
          covariance: diagonal([0.05, 0.05, 1e6, 1e6, 1e6, 0.05]),
        },
        twist: {
          twist: {
            linear: { x: state.speedMps + 0.01 * rng.normal(), y: 0, z: 0 },
            angular: { x: 0, y: 0, z: state.yawRate + 0.006 * rng.normal() },
          },
          covariance: diagonal([1e-4, 1e-4, 1e6, 1e6, 1e6, 4e-5]),
        },
      };
    },
  };
}
