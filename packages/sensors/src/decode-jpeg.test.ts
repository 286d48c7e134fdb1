import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { decodeFeature } from "./decode-feature.js";
import { decodeJpeg } from "./decode-jpeg.js";
import { wavyJpeg } from "./testing/jpeg.js";
import { header, image } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const images = join(process.env.POLYPILOT_TEST_DATA ?? join(root, "../shared/data"), "donkeycar-tub/images");
const present = existsSync(images);
if (!present) console.log(`skipped: a real car's JPEG frames, since ${images} is absent; set POLYPILOT_TEST_DATA`);
const frame = (number: number) => new Uint8Array(readFileSync(join(images, `${number}_cam_image_array_.jpg`)));

const stream = streamWith("sensor_msgs/msg/CompressedImage", {
  kind: "camera",
  unit: "intensity",
  source: { width: 160, height: 120 },
  width: 80,
  height: 40,
  crop: { top: 1 / 3 },
});

// Made with Pillow 13 (libjpeg-turbo 3) and NumPy: the mean of each 2×2 pixels below the upper third, rounded; its SHA-256.
const byNumPy = [
  { number: 0, sha256: "04e87f590899130bd322c80da7b4638a686230b22348d723657b919e0c012ed6" },
  { number: 677, sha256: "22bc5c67b44d464d966fb2844d488919c70e5e3e749fa6345d2406a6bb36d872" },
  { number: 999, sha256: "722f6153d6db6250a566a8349f025864249e3a43997a4413a81dd97cf424664b" },
];

describe.skipIf(!present)("a real car's JPEG frames", () => {
  it.each(byNumPy)(
    "gives the bytes of frame $number that other programs' decoder and mean give",
    ({ number, sha256 }) => {
      const result = decodeFeature(stream, { header, format: "jpeg", data: frame(number) });
      if (!result.ok) throw new Error(result.reason);
      expect(createHash("sha256").update(result.feature.data).digest("hex")).toBe(sha256);
    },
  );

  it("decodes a hundred frames to libjpeg-turbo's very bytes", () => {
    const hash = createHash("sha256");
    for (let number = 0; number < 1000; number += 10) hash.update(decodeJpeg(frame(number))!.data);
    // The same of Pillow 13's pixels, whose JPEG decoder is libjpeg-turbo 3.
    expect(hash.digest("hex")).toBe("b63b70143a97db80a8e5dbf93a7d2396169afc8208520734c154ef461b3693a5");
  });
});

/** Where the scan begins, its header included. */
const scanOf = (data: Uint8Array) => data.findIndex((byte, i) => byte === 0xff && data[i + 1] === 0xda);
const insert = (data: Uint8Array, at: number, ...bytes: number[]) =>
  Uint8Array.of(...data.subarray(0, at), ...bytes, ...data.subarray(at));
const promising = (data: Uint8Array, size: number) => {
  const at = data.findIndex((byte, i) => byte === 0xff && data[i + 1] === 0xc0);
  const changed = data.slice();
  for (const offset of [5, 7]) changed.set([size >> 8, size & 255], at + offset);
  return changed;
};

/** A grey ramp of 16×8, by Pillow. */
const GREY =
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PT" +
  "gyPC4zNDL/wAALCAAIABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIh" +
  "MUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhI" +
  "WGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AMbR" +
  "9B+78legaPoP3fkr/9k=";

describe("decodeJpeg", () => {
  it("gives libjpeg-turbo's very bytes", () => {
    const { data } = image(24, 18, "rgba8", (y, x, c) => (c === 3 ? 255 : 40 + 6 * y + 3 * x + 10 * c));
    const coded = new Uint8Array(jpeg.encode({ width: 24, height: 18, data }, 100).data);
    const decoded = decodeJpeg(coded)!;
    // The same of Pillow 13's pixels, whose JPEG decoder is libjpeg-turbo 3.
    const pillow = "e649af23db5efd0f191f1d7d7985b493cef0b4f3a33270ca19ded954e66bfc9d";
    expect(createHash("sha256").update(decoded.data).digest("hex")).toBe(pillow);
  });

  it("keeps each picture's pixels when the next one is decoded", () => {
    const [first, second] = [wavyJpeg(32, 16, 0), wavyJpeg(32, 16, 2)].map((data) => decodeJpeg(data)!);
    expect(decodeJpeg(wavyJpeg(32, 16, 0))).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it("gives a grey JPEG three equal channels", () => {
    const grey = Buffer.from(GREY, "base64");
    const { width, height, data } = decodeJpeg(new Uint8Array(grey))!;
    expect([width, height, data.length]).toEqual([16, 8, 384]);
    for (let i = 0; i < data.length; i += 3) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]]);
    expect(new Set(data).size).toBeGreaterThan(4);
  });

  it("takes the few bytes that some webcams leave between the picture and its end, and no more of them", () => {
    const coded = wavyJpeg(64, 48, 1);
    expect(decodeJpeg(insert(coded, coded.length - 2, 0, 0, 0))).toEqual(decodeJpeg(coded));
    expect(decodeJpeg(insert(coded, coded.length - 2, ...new Array(40).fill(0)))).toBeUndefined();
  });

  it("refuses a picture of which bytes are missing in the middle, although it begins and ends well", () => {
    const coded = wavyJpeg(64, 48, 1);
    const at = scanOf(coded) + 200;
    expect(decodeJpeg(Uint8Array.of(...coded.subarray(0, at), ...coded.subarray(at + 300)))).toBeUndefined();
  });

  it("decodes well after any number of corrupt pictures", () => {
    const coded = wavyJpeg(64, 48, 1);
    const good = decodeJpeg(coded);
    const cut = Uint8Array.of(...coded.subarray(0, 700), 0xff, 0xd9);
    for (let i = 0; i < 50; i += 1) expect(decodeJpeg(cut)).toBeUndefined();
    expect(decodeJpeg(coded)).toEqual(good);
  });

  it("refuses a header that promises a picture too large to hold, without making room for it", () => {
    const { rss } = process.memoryUsage();
    expect(decodeJpeg(promising(wavyJpeg(64, 48, 1), 65_535))).toBeUndefined();
    expect(process.memoryUsage().rss - rss).toBeLessThan(2 ** 30);
  });

  it("refuses a picture of more scans than encoders make", () => {
    const coded = wavyJpeg(16, 16, 1);
    const scan = coded.subarray(scanOf(coded), -2);
    expect(decodeJpeg(insert(coded, coded.length - 2, ...new Array(100).fill([...scan]).flat()))).toBeUndefined();
  });
});
