import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { decodeFeature } from "./decode-feature.js";
import { jpegSize } from "./decode-jpeg.js";
import { header } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const images = join(process.env.POLYPILOT_TEST_DATA ?? join(root, "../shared/data"), "donkeycar-tub/images");
const present = existsSync(images);
if (!present) console.log(`skipped: a real car's JPEG frames, since ${images} is absent; set POLYPILOT_TEST_DATA`);

const stream = streamWith("sensor_msgs/msg/CompressedImage", {
  kind: "camera",
  unit: "intensity",
  source: { width: 160, height: 120 },
  width: 80,
  height: 40,
  crop: { top: 1 / 3 },
});

// Made with Pillow 12 (libjpeg-turbo): resize((80, 40), BOX, box=(0, 40, 160, 120)); its mean, and its pixel [5, 7].
const byPillow = [
  { frame: 0, mean: [138.651, 127.778, 90.289], pixel: [189, 189, 170] },
  { frame: 677, mean: [107.333, 106.423, 63.149], pixel: [119, 114, 82] },
  { frame: 999, mean: [119.217, 111.657, 69.461], pixel: [101, 42, 20] },
];

describe.skipIf(!present)("a real car's JPEG frames", () => {
  it.each(byPillow)("gives frame $frame as another decoder and resizer do", ({ frame, mean, pixel }) => {
    const data = new Uint8Array(readFileSync(join(images, `${frame}_cam_image_array_.jpg`)));
    expect(jpegSize(data)).toEqual({ width: 160, height: 120 });
    const result = decodeFeature(stream, { header, format: "jpeg", data });
    if (!result.ok) throw new Error(result.reason);
    for (const channel of [0, 1, 2]) {
      const values = Array.from(result.feature.data).filter((_, i) => i % 3 === channel);
      expect(Math.abs(values.reduce((a, b) => a + b) / values.length - mean[channel]!)).toBeLessThan(1); // jpeg-js cuts off fractions, Pillow rounds
      // Decoders differ in how they spread colour over pixels.
      expect(Math.abs(values[5 * 80 + 7]! - pixel[channel]!)).toBeLessThan(12);
    }
  });
});

describe("jpegSize", () => {
  it("finds the frame header behind other segments and fill bytes", () => {
    const app = [0xff, 0xe0, 0, 4, 1, 2];
    const frame = [0xff, 0xff, 0xc2, 0, 11, 8, 0x01, 0x02, 0x03, 0x04, 3, 0, 0];
    expect(jpegSize(Uint8Array.of(0xff, 0xd8, ...app, ...frame))).toEqual({ height: 0x0102, width: 0x0304 });
  });
  it("gives up where there is none", () => {
    expect(jpegSize(Uint8Array.of(0xff, 0xd8, 0xff, 0xc4, 0, 2, 0xff, 0xd9))).toBeUndefined();
    expect(jpegSize(Uint8Array.of(0x89, 0x50))).toBeUndefined();
    expect(jpegSize(new Uint8Array(0))).toBeUndefined();
  });
});
