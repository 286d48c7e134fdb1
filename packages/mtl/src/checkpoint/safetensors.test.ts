import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.js";

const arrays = {
  "a/kernel": { shape: [2, 2], values: Float32Array.of(1, -2, 0.5, 3e-9) },
  b: { shape: [0], values: new Float32Array(0) },
};

it("gives back what it was given, bit for bit", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.float32Array({ maxLength: 20 })), (given) => {
      const named = Object.fromEntries(
        Object.entries(given)
          .filter(([name]) => name !== "__metadata__" && name !== "__proto__")
          .map(([name, values]) => [name, { shape: [values.length], values }]),
      );
      const bits = (x: Record<string, { values: Float32Array }>) =>
        Object.entries(x).map(([name, { values }]) => [
          name,
          Buffer.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).toString("hex"),
        ]);
      expect(bits(decodeSafetensors(encodeSafetensors(named), "x"))).toEqual(bits(named));
    }),
  );
});

it("writes the format: length, header padded to 8, offsets from the header's end", () => {
  const bytes = encodeSafetensors(arrays);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  expect(bytes.length).toBe(8 + length + 16);
  expect(JSON.parse(new TextDecoder().decode(bytes.slice(8, 8 + length)))).toEqual({
    "a/kernel": { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    b: { dtype: "F32", shape: [0], data_offsets: [16, 16] },
  });
  expect(new DataView(bytes.buffer).getFloat32(8 + length + 4, true)).toBe(-2);
});

it.each([
  ["cut in the numbers", encodeSafetensors(arrays).slice(0, -4)],
  ["cut in the header", encodeSafetensors(arrays).slice(0, 40)],
  ["cut in the length", new Uint8Array(3)],
  ["of another format", new TextEncoder().encode("polypilot: 1\nrobot: not a weights file at all")],
  ["with a header that is no JSON", Uint8Array.from([8, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode("not json")])],
])("refuses a file %s", (_, bytes) => {
  expect(() => decodeSafetensors(bytes, "w.safetensors")).toThrow(
    expect.objectContaining({ code: "MTL_SAFETENSORS", message: expect.stringContaining("w.safetensors") }),
  );
});

it("refuses numbers of another type", () => {
  const text = JSON.stringify({ a: { dtype: "F16", shape: [2], data_offsets: [0, 4] } }).padEnd(64);
  const bytes = new Uint8Array(8 + 64 + 4);
  new DataView(bytes.buffer).setBigUint64(0, 64n, true);
  bytes.set(new TextEncoder().encode(text), 8);
  expect(() => decodeSafetensors(bytes, "w")).toThrow(/F16/);
});
