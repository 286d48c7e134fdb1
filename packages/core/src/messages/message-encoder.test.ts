import { parse } from "@foxglove/rosmsg";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import { describe, expect, it } from "vitest";
import type { MessageType } from "../ports.js";
import { type Random, random } from "../random.js";
import { decodeMessage, encodeMessage, encoderOf } from "./codec.js";
import { type Image, messageSchemas } from "./generated.js";
import { messageEncoder } from "./message-encoder.js";

type Definitions = ReturnType<typeof parse>;
const encoderFor = (schema: string) => messageEncoder(parse(schema, { ros2: true }));
const bytesOf = (schema: string, message: unknown) => {
  const encoder = encoderFor(schema);
  const bytes = new Uint8Array(encoder.byteLength(message)).fill(0xff);
  expect(encoder.encodeInto(message, bytes, 0)).toBe(bytes.length);
  return bytes;
};

const typed: Readonly<Record<string, (values: number[]) => unknown>> = {
  int8: (values) => Int8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  int16: (values) => Int16Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  int32: (values) => Int32Array.from(values),
  uint32: (values) => Uint32Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
  uint64: (values) => BigUint64Array.from(values, BigInt),
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
};

/** A message of random numbers, ASCII text and lengths. */
function anyMessage(definitions: Definitions, name: string | undefined, source: Random): Record<string, unknown> {
  const { definitions: fields } = definitions.find((definition) => definition.name === name) ?? definitions[0]!;
  const one = (type: string, isComplex: boolean | undefined): unknown => {
    if (isComplex) return anyMessage(definitions, type, source);
    if (type === "string") return "camera/left".slice(0, source.integer(12));
    if (type === "bool") return source.integer(2) === 1;
    if (type === "time" || type === "duration") return { sec: source.integer(99), nanosec: source.integer(99) };
    return type.endsWith("64") && type !== "float64" ? BigInt(source.integer(99)) : source.integer(99);
  };
  const entries = fields
    .filter(({ isConstant }) => !isConstant)
    .map(({ name: field, type, isArray, arrayLength, isComplex }) => {
      if (!isArray) return [field, one(type, isComplex)] as const;
      const count = arrayLength ?? source.integer(14);
      const asTyped = typed[type];
      if (asTyped && source.integer(4) > 0)
        return [field, asTyped(Array.from({ length: count }, () => source.integer(99)))] as const;
      return [field, Array.from({ length: count }, () => one(type, isComplex))] as const;
    });
  return Object.fromEntries(entries);
}

describe("messageEncoder", () => {
  it("writes for every type what Foxglove's writer writes, wherever in memory that was used before", () => {
    const source = random(3);
    for (const type of Object.keys(messageSchemas) as MessageType[]) {
      const definitions = parse(messageSchemas[type], { ros2: true });
      const writer = new MessageWriter(definitions);
      const encoder = encoderOf(type);
      for (let round = 0; round < 6; round += 1) {
        const message = anyMessage(definitions, undefined, source) as never;
        const expected = writer.writeMessage(message);
        const memory = new Uint8Array(encoder.byteLength(message) + 20).fill(0xee);
        const end = encoder.encodeInto(message, memory, round + 1);
        expect(memory.slice(round + 1, end), type).toEqual(expected);
        expect(end - round - 1, type).toBe(encoder.byteLength(message));
        expect([memory[round], memory[end]], type).toEqual([0xee, 0xee]);
      }
    }
  });

  it("carries text beyond ASCII, whose length CDR counts in bytes", () => {
    expect([...bytesOf("string data", { data: "ü" })]).toEqual([0, 1, 0, 0, 3, 0, 0, 0, 0xc3, 0xbc, 0]);
    for (const data of ["Straße", "日本", "🚗 a", "x".repeat(100), `${"é".repeat(70)}`]) {
      const bytes = encodeMessage("std_msgs/msg/String", { data });
      expect(decodeMessage("std_msgs/msg/String", bytes)).toEqual({ data });
    }
  });

  it("gives text with half a character the bytes that TextEncoder gives", () => {
    for (const data of ["a\ud800", "\udc00b", "\ud800\ud800\udc00"]) {
      const text = bytesOf("string data", { data }).subarray(8, -1);
      expect(text).toEqual(new TextEncoder().encode(data));
    }
  });

  it("fills in what a message lacks", () => {
    const schema = "int32 a 7\nfloat64 b\nstring c hello\nfloat32[2] d\nuint8[] e\nint16[] f [1, 2]";
    const whole = { a: 7, b: 0, c: "hello", d: [0, 0], e: [], f: [1, 2] };
    expect(bytesOf(schema, {})).toEqual(bytesOf(schema, whole));
  });

  it("takes elements of arrays as they come: plain, clamped, of another kind", () => {
    const expected = bytesOf("uint8[] data", { data: Uint8Array.of(1, 2, 200) });
    for (const data of [
      [1, 2, 200],
      Uint8ClampedArray.of(1, 2, 200),
      Float64Array.of(1, 2, 200),
      Int8Array.of(1, 2, -56),
    ])
      expect(bytesOf("uint8[] data", { data })).toEqual(expected);
  });

  it("gives an empty structure the one byte that ROS 2 gives it", () => {
    expect([...bytesOf("", {})]).toEqual([0, 1, 0, 0, 0]);
    expect([...bytesOf("uint8 KIND=4", {})]).toEqual([0, 1, 0, 0, 0]);
  });

  it("refuses arrays that are none or not as long as the schema says, and kinds that have no CDR", () => {
    expect(() => bytesOf("float64[9] k", { k: [1] })).toThrow("k has 9 elements. Found 1");
    expect(() => bytesOf("uint8[] data", { data: "text" })).toThrow("data is an array. Found string");
    expect(() => encoderFor("wstring text")).toThrow("no encoding of wstring");
  });

  it("copies an image's pixels once", () => {
    const data = new Uint8Array(60_000);
    const header = { stamp: { sec: 1, nanosec: 2 }, frame_id: "camera" };
    const image: Image = { header, height: 100, width: 200, encoding: "rgb8", is_bigendian: 0, step: 600, data };
    const target = new Uint8Array(70_000);
    const copied: number[] = [];
    target.set = (from) => void copied.push(from.length);
    encoderOf("sensor_msgs/msg/Image").encodeInto(image, target, 3);
    expect(copied).toEqual([60_000]);
  });
});
