import { type Random, toRosTime } from "@polypilot/core";
import type { Sensor } from "./sensor.js";

const diagonal = (v: number) => Float64Array.of(v, 0, 0, 0, v, 0, 0, 0, v);

/** An inertial unit at base_link with noise and a constant bias; it gives no orientation. */
export function imuSensor(seeded: Random): Sensor<"sensor_msgs/msg/Imu"> {
  const gyroBias = 0.004 * seeded.normal();
  return {
    type: "sensor_msgs/msg/Imu",
    delayMs: [0.4, 0.3],
    measure({ stampNs, state, rng }) {
      const gyro = () => 0.006 * rng.normal();
      const accelerometer = () => 0.06 * rng.normal();
      return {
        header: { stamp: toRosTime(stampNs), frame_id: "imu_link" },
        orientation: { x: 0, y: 0, z: 0, w: 1 },
        // A first element of -1 says that there is no orientation.
        orientation_covariance: Float64Array.of(-1, 0, 0, 0, 0, 0, 0, 0, 0),
        angular_velocity: { x: gyro(), y: gyro(), z: state.yawRate + gyroBias + gyro() },
        angular_velocity_covariance: diagonal(0.006 ** 2),
        linear_acceleration: {
          x: state.accelerationMps2 + accelerometer(),
          y: state.speedMps * state.yawRate + accelerometer(),
          z: 9.81 + accelerometer(),
        },
        linear_acceleration_covariance: diagonal(0.06 ** 2),
      };
    },
  };
}
