import { type CameraFeature, type CompressedImage, type FeatureData, type Image, random } from "@polypilot/core";
import fc from "fast-check";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { decodeFeature, featureSpec } from "./decode-feature.js";
import { describeSensor } from "./testing/describe-sensor.js";
import { header, image } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const IMAGE = "sensor_msgs/msg/Image";
const noise = (seed: number) => {
  const { integer } = random(seed);
  return () => integer(256);
};
const feature = {
  kind: "camera",
  unit: "intensity",
  source: { width: 24, height: 18 },
  width: 10,
  height: 8,
  crop: { top: 0.33 },
};
const stream = streamWith(IMAGE, feature);
const good = image(24, 18, "rgb8", noise(1));
const cut = (message: Image, bytes: number): Image => ({ ...message, data: message.data.subarray(0, -bytes) });

describeSensor("camera", {
  stream,
  message: good,
  refused: {
    "an image of another size": { message: image(18, 24, "rgb8", noise(1)), reason: "wrong_size" },
    "an encoding that is not read": { message: { ...good, encoding: "16UC1" }, reason: "wrong_encoding" },
    "fewer bytes than rows": { message: { ...good, data: good.data.subarray(1) }, reason: "short_data" },
    "padded rows cut short": { message: cut(image(24, 18, "rgb8", noise(1), 8), 9), reason: "short_data" },
    "rows shorter than the width": { message: { ...good, step: 71 }, reason: "short_data" },
  },
});

function bytes(message: Image, options: object = {}): FeatureData {
  const source = { width: message.width, height: message.height };
  const result = decodeFeature(streamWith(IMAGE, { ...feature, crop: {}, source, ...options }), message);
  if (!result.ok) throw new Error(result.reason);
  return result.feature.data;
}

/** The mean over each cell, pixel by pixel and cell by cell: slow, and written apart from what it checks. */
function reference(message: Image, f: CameraFeature, at: (y: number, x: number, c: number) => number): number[] {
  const { width: w, height: h } = message;
  const [left, right, top, bottom] = [f.crop.left * w, w - f.crop.right * w, f.crop.top * h, h - f.crop.bottom * h];
  const overlap = (a0: number, a1: number, p: number) => Math.max(0, Math.min(a1, p + 1) - Math.max(a0, p));
  const out: number[] = [];
  for (let i = 0; i < f.height * f.width * f.channels; i += 1) {
    const c = i % f.channels;
    const column = Math.floor(i / f.channels) % f.width;
    const row = Math.floor(i / f.channels / f.width);
    const span = (from: number, to: number, k: number, n: number) => from + ((to - from) * k) / n;
    let sum = 0;
    let area = 0;
    for (let y = 0; y < h; y += 1) {
      const wy = overlap(span(top, bottom, row, f.height), span(top, bottom, row + 1, f.height), y);
      for (let x = 0; wy > 0 && x < w; x += 1) {
        const weight = wy * overlap(span(left, right, column, f.width), span(left, right, column + 1, f.width), x);
        sum += weight * at(y, x, c);
        area += weight;
      }
    }
    out.push(sum / area);
  }
  return out;
}

const fraction = fc.double({ min: 0, max: 0.45, noNaN: true });
const sizes = fc.record({
  source: fc.record({ width: fc.integer({ min: 8, max: 40 }), height: fc.integer({ min: 8, max: 40 }) }),
  width: fc.integer({ min: 8, max: 30 }),
  height: fc.integer({ min: 8, max: 30 }),
  channels: fc.constantFrom(1, 3),
  crop: fc.record({ top: fraction, bottom: fraction, left: fraction, right: fraction }),
});

describe("camera", () => {
  it("gives each cell's exact mean, rounded, at any ratio of sizes and any crop", () => {
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom("rgb8", "bgr8", "rgba8", "bgra8", "mono8"),
        fc.nat(9),
        fc.nat(),
        (size, encoding, padding, seed) => {
          const given = { kind: "camera", unit: "intensity", ...size };
          const message = image(size.source.width, size.source.height, encoding, noise(seed), padding);
          const mono = encoding === "mono8";
          const byte = (y: number, x: number, c: number) => {
            const channel = mono ? 0 : encoding.startsWith("bgr") ? 2 - c : c;
            return message.data[y * message.step + x * (mono ? 1 : encoding.includes("a") ? 4 : 3) + channel]!;
          };
          const grey = (y: number, x: number) => 0.299 * byte(y, x, 0) + 0.587 * byte(y, x, 1) + 0.114 * byte(y, x, 2);
          const expected = reference(message, given as CameraFeature, size.channels === 1 ? grey : byte);
          const found = bytes(message, size);
          expect(found.length).toBe(expected.length);
          for (const [i, mean] of expected.entries()) expect(Math.abs(found[i]! - mean)).toBeLessThan(0.5 + 1e-6);
        },
      ),
      { numRuns: 60 },
    );
  });
  it("keeps a constant image constant, and white white", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 255 }), (size, level) => {
        const constant = image(size.source.width, size.source.height, "rgb8", () => level, 3);
        expect(new Set(bytes(constant, size))).toEqual(new Set([level]));
      }),
      { numRuns: 60 },
    );
  });
  it("preserves the mean of the cropped part", () => {
    const message = image(160, 120, "mono8", noise(5));
    const found = bytes(message, { width: 80, height: 40, channels: 1, crop: { top: 0.33 } });
    let [sum, area] = [0, 0];
    for (let y = 39; y < 120; y += 1) {
      const weight = y === 39 ? 0.4 : 1; // 0.33 · 120 = 39.6
      for (let x = 0; x < 160; x += 1) sum += weight * message.data[y * 160 + x]!;
      area += weight * 160;
    }
    const mean = Array.from(found).reduce((a, b) => a + b, 0) / found.length;
    expect(Math.abs(mean - sum / area)).toBeLessThan(0.02); // rounding errors of 3,200 pixels: σ = 0.29/√3200 = 0.005
  });
  it("gives a ramp's closed form: the mean of a cell is the value at its middle", () => {
    const found = bytes(
      image(30, 8, "mono8", (_y, x) => 8 * x),
      { width: 12, height: 8, channels: 1 },
    );
    for (let x = 0; x < 12; x += 1) {
      const cell = [2.5 * x, 2.5 * (x + 1)] as const; // mean of 8·floor(u) over the cell, by its integral
      const integral = (u: number) =>
        8 * ((Math.floor(u) * (Math.floor(u) - 1)) / 2 + Math.floor(u) * (u - Math.floor(u)));
      const mean = (integral(cell[1]) - integral(cell[0])) / 2.5;
      expect(Math.abs(found[x]! - mean)).toBeLessThan(0.5 + 1e-9);
    }
  });
  it("leaves an image of the target's size as it is", () => {
    const message = image(24, 18, "rgb8", noise(3));
    expect(bytes(message, { width: 24, height: 18 })).toEqual(message.data);
  });
  it("reads the same picture from every order of channels, ignoring alpha and padding", () => {
    const rgb = bytes(image(24, 18, "rgb8", (y, x, c) => 10 * y + x + 3 * c));
    expect(bytes(image(24, 18, "bgr8", (y, x, c) => 10 * y + x + 3 * (2 - c), 5))).toEqual(rgb);
    expect(bytes(image(24, 18, "rgba8", (y, x, c) => (c === 3 ? 77 : 10 * y + x + 3 * c)))).toEqual(rgb);
    expect(bytes(image(24, 18, "bgra8", (y, x, c) => (c === 3 ? 9 : 10 * y + x + 3 * (2 - c)), 1))).toEqual(rgb);
  });
  it("weighs red, green and blue by Rec. 601 and gives grey three times for three channels", () => {
    const primary = (index: number) =>
      bytes(
        image(24, 18, "rgb8", (_y, _x, c) => (c === index ? 255 : 0)),
        { channels: 1 },
      )[0];
    expect([primary(0), primary(1), primary(2)]).toEqual([76, 150, 29]); // 0.299, 0.587, 0.114 of 255
    const grey = bytes(image(24, 18, "mono8", (y, x) => 5 * y + x));
    for (let i = 0; i < grey.length; i += 3) expect([grey[i + 1], grey[i + 2]]).toEqual([grey[i], grey[i]]);
  });
  it("refuses a crop that leaves nothing", () => {
    const nothing = { ...stream.feature, crop: { top: 0.6, bottom: 0.4, left: 0, right: 0 } } as CameraFeature;
    expect(() => featureSpec(nothing)).toThrow(/\[sensors\] \[camera\].*top 0\.6, bottom 0\.4/);
  });
});

const jpegStream = streamWith("sensor_msgs/msg/CompressedImage", feature);
const compressed = (data: Uint8Array, format = "rgb8; jpeg compressed bgr8"): CompressedImage => ({
  header,
  format,
  data,
});
function jpegOf(width: number, height: number, byte: (y: number, x: number, c: number) => number): Uint8Array {
  const { data } = image(width, height, "rgba8", (y, x, c) => (c === 3 ? 255 : byte(y, x, c)));
  return new Uint8Array(jpeg.encode({ width, height, data }, 100).data);
}
const smooth = (y: number, x: number, c: number) => 40 + 6 * y + 3 * x + 10 * c;
const whole = jpegOf(24, 18, smooth);

describeSensor("camera, JPEG", {
  stream: jpegStream,
  message: compressed(whole),
  refused: {
    "a JPEG of another size": { message: compressed(jpegOf(18, 24, smooth)), reason: "wrong_size" },
    "half a JPEG": { message: compressed(whole.subarray(0, whole.length / 2)), reason: "bad_jpeg" },
    "a JPEG without its end": { message: compressed(whole.subarray(0, -2)), reason: "bad_jpeg" },
    "no bytes": { message: compressed(new Uint8Array(0)), reason: "bad_jpeg" },
    "other bytes": { message: compressed(Uint8Array.from({ length: 500 }, noise(1)), ""), reason: "bad_jpeg" },
    "a PNG": { message: compressed(Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "png"), reason: "wrong_encoding" },
    "a JPEG without its tables": {
      message: compressed(whole.map((byte, i) => (byte === 0xdb && whole[i - 1] === 0xff ? 0x02 : byte))),
      reason: "bad_jpeg",
    },
  },
});

describe("camera on JPEG", () => {
  it("gives the picture that was compressed, within the loss of the compression", () => {
    const result = decodeFeature(jpegStream, compressed(whole));
    const plain = decodeFeature(stream, image(24, 18, "rgb8", smooth));
    if (!result.ok || !plain.ok) throw new Error("refused");
    for (const [i, value] of plain.feature.data.entries()) {
      expect(Math.abs(result.feature.data[i]! - value)).toBeLessThanOrEqual(4);
    }
  });
  it("reads a JPEG with zeros behind its end, as cameras pad it", () => {
    const padded = Uint8Array.of(...whole, 0, 0, 0, 0, 0);
    expect(decodeFeature(jpegStream, compressed(padded))).toEqual(decodeFeature(jpegStream, compressed(whole)));
  });
  it("never throws for damaged bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (changes) => {
          const damaged = whole.slice();
          for (const [at, byte] of changes) damaged[at] = byte;
          const result = decodeFeature(jpegStream, compressed(damaged));
          expect(result.ok ? result.feature.data.length : result.reason).toBeTruthy();
        },
      ),
      { numRuns: 200 },
    );
  });
});
