import type { Odometry } from "@polypilot/core";
import { expect, it } from "vitest";
import { decodeFeature } from "./decode-feature.js";
import { describeSensor } from "./testing/describe-sensor.js";
import { header } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const stream = streamWith("nav_msgs/msg/Odometry", {
  kind: "odometry",
  values: [
    { field: "twist.angular.z", unit: "rad/s", range: [-5, 5] },
    { field: "twist.linear.x", unit: "m/s", range: [-2, 2] },
  ],
});
const twist = { linear: { x: 1.5, y: 0.1, z: 0.2 }, angular: { x: 0.3, y: 0.4, z: -0.5 } };
const message: Odometry = {
  header,
  child_frame_id: "base_link",
  pose: {
    pose: { position: { x: 7, y: 8, z: 9 }, orientation: { x: 0, y: 0, z: 0, w: 1 } },
    covariance: new Float64Array(36),
  },
  twist: { twist, covariance: new Float64Array(36) },
};

describeSensor("odometry", {
  stream,
  message,
  refused: {
    NaN: {
      message: { ...message, twist: { ...message.twist, twist: { ...twist, linear: { x: Number.NaN, y: 0, z: 0 } } } },
      reason: "not_finite",
    },
  },
});

it("gives an odometry's velocities in the contract's order", () => {
  const result = decodeFeature(stream, message);
  expect(result.ok && [...result.feature.data]).toEqual([-0.5, 1.5]);
});
