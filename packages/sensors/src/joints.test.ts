import type { JointState } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { decodeFeature } from "./decode-feature.js";
import { describeSensor } from "./testing/describe-sensor.js";
import { header } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const stream = streamWith("sensor_msgs/msg/JointState", {
  kind: "joints",
  joints: [
    { name: "wheel", field: "velocity", unit: "rad/s", range: [-60, 60] },
    { name: "steering", field: "position", unit: "rad", range: [-0.5, 0.5] },
  ],
});
const message: JointState = {
  header,
  name: ["steering", "spare", "wheel"],
  position: Float64Array.of(0.25, 1, 2),
  velocity: Float64Array.of(3, 4, 99),
  effort: new Float64Array(0),
};

describeSensor("joints", {
  stream,
  message,
  refused: {
    "a missing joint": { message: { ...message, name: ["steering", "spare", "whee1"] }, reason: "missing_joint" },
    "a joint without its value": { message: { ...message, velocity: Float64Array.of(3, 4) }, reason: "short_data" },
    NaN: { message: { ...message, position: Float64Array.of(Number.NaN, 1, 2) }, reason: "not_finite" },
    "a number beyond single precision": {
      message: { ...message, velocity: Float64Array.of(3, 4, 1e39) },
      reason: "not_finite",
    },
  },
});

describe("joints", () => {
  it("finds joints by name, in the contract's order, and does not clip to the range", () => {
    const result = decodeFeature(stream, message);
    expect(result.ok && [...result.feature.data]).toEqual([99, 0.25]);
    expect(result.ok && result.feature.spec).toEqual({
      shape: [2],
      dtype: "float32",
      unit: ["rad/s", "rad"],
      range: [
        [-60, 60],
        [-0.5, 0.5],
      ],
    });
  });
  it("lets an unused joint be NaN", () => {
    const result = decodeFeature(stream, { ...message, position: Float64Array.of(0.25, Number.NaN, Number.NaN) });
    expect(result.ok && [...result.feature.data]).toEqual([99, 0.25]);
  });
});
