import { parse } from "@foxglove/rosmsg";
import { expect, it } from "vitest";
import { PolypilotError } from "../error.js";
import { decodeMessage, encodeMessage, isMessageType, stampOf } from "./codec.js";
import { type Image, messageSchemas } from "./generated.js";

const header = { stamp: { sec: 12, nanosec: 34 }, frame_id: "camera" };
const image: Image = {
  header,
  height: 2,
  width: 3,
  encoding: "mono8",
  is_bigendian: 0,
  step: 3,
  data: Uint8Array.from([1, 2, 3, 4, 5, 6]),
};

it("writes the bytes that the CDR standard says", () => {
  const bytes = encodeMessage("std_msgs/msg/Header", { stamp: { sec: 1, nanosec: 2 }, frame_id: "ab" });
  expect([...bytes]).toEqual([0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 97, 98, 0]);
});

it("round-trips an image", () => {
  const back = decodeMessage("sensor_msgs/msg/Image", encodeMessage("sensor_msgs/msg/Image", image));
  expect({ ...back, data: [...back.data] }).toEqual({ ...image, data: [...image.data] });
});

it("gives an image's pixels as a view, not a copy", () => {
  const bytes = encodeMessage("sensor_msgs/msg/Image", image);
  expect(decodeMessage("sensor_msgs/msg/Image", bytes).data.buffer).toBe(bytes.buffer);
});

it("has a schema for every message that parses and names no unknown type", () => {
  for (const [name, text] of Object.entries(messageSchemas)) {
    const definitions = parse(text, { ros2: true });
    const known = new Set(definitions.map((d) => d.name));
    for (const d of definitions)
      for (const f of d.definitions) if (f.isComplex) expect([...known], name).toContain(f.type);
  }
});

it("says what was wrong with bytes that are no such message", () => {
  const cut = encodeMessage("sensor_msgs/msg/Image", image).subarray(0, 20);
  expect(() => decodeMessage("sensor_msgs/msg/Image", cut)).toThrow(PolypilotError);
  expect(() => decodeMessage("sensor_msgs/msg/Image", cut)).toThrow(/20 bytes of CDR hold a sensor_msgs\/msg\/Image/);
});

it("reads a message's own stamp, if it has one", () => {
  expect(stampOf(image)).toBe(12_000_000_034n);
  expect(stampOf({ clock: { sec: 1, nanosec: 5 } })).toBe(1_000_000_005n);
  expect(stampOf({ data: "x" })).toBeUndefined();
});

it("knows its message types by name, and nothing from the object prototype", () => {
  expect(isMessageType("sensor_msgs/msg/Image")).toBe(true);
  expect(isMessageType("sensor_msgs/Image")).toBe(false);
  expect(isMessageType("constructor")).toBe(false);
});
