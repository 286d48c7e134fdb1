import type { Imu } from "@polypilot/core";
import { expect, it } from "vitest";
import { decodeFeature } from "./decode-feature.js";
import { describeSensor } from "./testing/describe-sensor.js";
import { header } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const stream = streamWith("sensor_msgs/msg/Imu", {
  kind: "imu",
  values: [
    { field: "linear_acceleration.y", unit: "m/s^2", range: [-20, 20] },
    { field: "angular_velocity.z", unit: "rad/s", range: [-5, 5] },
  ],
});
const message: Imu = {
  header,
  orientation: { x: 0, y: 0, z: 0, w: 1 },
  orientation_covariance: new Float64Array(9),
  angular_velocity: { x: 1, y: 2, z: 3 },
  angular_velocity_covariance: new Float64Array(9),
  linear_acceleration: { x: 4, y: 50, z: 6 },
  linear_acceleration_covariance: new Float64Array(9),
};

describeSensor("imu", {
  stream,
  message,
  refused: {
    NaN: { message: { ...message, angular_velocity: { x: 1, y: 2, z: Number.NaN } }, reason: "not_finite" },
    inf: {
      message: { ...message, linear_acceleration: { x: 0, y: Number.POSITIVE_INFINITY, z: 0 } },
      reason: "not_finite",
    },
  },
});

it("gives an IMU's chosen values in the contract's order, not clipped to the range", () => {
  const result = decodeFeature(stream, message);
  expect(result.ok && [...result.feature.data]).toEqual([50, 3]);
});
