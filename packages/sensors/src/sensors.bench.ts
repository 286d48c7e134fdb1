import { type Contract, type Image, parseContract, random } from "@polypilot/core";
import jpeg from "jpeg-js";
import { decodeFeature } from "./decode-feature.js";
import { decodeJpeg } from "./decode-jpeg.js";
import { decodeLabel } from "./labels.js";

const SECONDS = 1;

/** Calls a second, after a warm-up, and the median time of one call in milliseconds. */
function measure(call: () => unknown): { perSecond: number; medianMs: number } {
  for (const end = performance.now() + 300; performance.now() < end; ) call();
  const times: number[] = [];
  const start = performance.now();
  while (performance.now() - start < SECONDS * 1000) {
    const before = performance.now();
    call();
    times.push(performance.now() - before);
  }
  const elapsedSec = (performance.now() - start) / 1000;
  return { perSecond: times.length / elapsedSec, medianMs: times.sort((a, b) => a - b)[times.length >> 1]! };
}

function contractOf(): Contract {
  const limits = "{ value: [-1, 1], rate: 1, acceleration: 1 }";
  const head = "role: auxiliary, auxiliary: related_task, deploy: false";
  return parseContract(`
polypilot: 1
robot: { name: bench, wheelbase_m: 1, width_m: 1 }
reference: camera
streams:
  camera:
    { topic: /image, type: sensor_msgs/msg/Image, rate_hz: 30, max_age_ms: 100, feature: { kind: camera, unit: intensity,
      source: { width: 160, height: 120 }, width: 80, height: 40, channels: 3, crop: { top: 0.33 } } }
  lidar:
    { topic: /scan, type: sensor_msgs/msg/LaserScan, rate_hz: 10, max_age_ms: 100,
      feature: { kind: ranges, unit: m, range: [0, 8], beams: 32, field_of_view: [-1.5, 1.5] } }
heads:
  steering: { kind: regression, loss: mse, unit: rad, range: [-1, 1], role: primary, deploy: true,
    label: { topic: /s, type: polypilot_msgs/msg/Scalar, field: value } }
  markings: { kind: segmentation, loss: cross-entropy, unit: class, classes: [none, solid, dashed], stream: camera, width: 40,
    height: 20, label: { topic: /m, type: sensor_msgs/msg/Image, field: data }, ${head} }
command: { topic: /c, type: geometry_msgs/msg/Twist, rate_hz: 50, steering: { head: steering, unit: rad, limits: ${limits} },
  speed: { unit: m/s, limits: ${limits}, cruise: 0.5, lateral_acceleration: 1 } }
`);
}

/** A JPEG of soft shapes with some noise. */
function photograph(width: number, height: number, uniform: () => number): Uint8Array {
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => {
    const [x, y] = [Math.floor(i / 4) % width, Math.floor(i / 4 / width)];
    return 128 + 60 * Math.sin(x / 40 + (i % 4)) + 40 * Math.sin(y / 17) + 16 * (uniform() - 0.5);
  });
  return new Uint8Array(jpeg.encode({ width, height, data }, 80).data);
}

/** How many messages a second become features and labels. */
export async function bench(
  report: (row: { name: string; value: number; unit: string; note?: string }) => void,
): Promise<void> {
  const contract = contractOf();
  const { integer, uniform } = random(1);
  const header = { stamp: { sec: 0, nanosec: 0 }, frame_id: "" };
  const size = { header, width: 160, height: 120, is_bigendian: 0 };
  const image: Image = {
    ...size,
    encoding: "rgb8",
    step: 480,
    data: Uint8Array.from({ length: 57_600 }, () => integer(256)),
  };
  const mask: Image = {
    ...size,
    encoding: "mono8",
    step: 160,
    data: Uint8Array.from({ length: 19_200 }, () => integer(3)),
  };
  const scan = {
    ...{ header, angle_min: -3.14, angle_max: 3.14, angle_increment: 6.28 / 359, time_increment: 0, scan_time: 0.1 },
    ...{ range_min: 0.1, range_max: 12, intensities: new Float32Array(0) },
    ranges: Float32Array.from({ length: 360 }, () => 12 * uniform()),
  };
  const compressed = { ...contract.streams.camera!, type: "sensor_msgs/msg/CompressedImage" };
  const [small, large] = [
    [160, 120],
    [640, 480],
  ].map(([width, height]) => photograph(width!, height!, uniform)) as [Uint8Array, Uint8Array];
  const rows: [string, () => unknown][] = [
    ["camera feature 160×120 → 80×40×3", () => decodeFeature(contract.streams.camera!, image)],
    ["camera feature from JPEG 160×120", () => decodeFeature(compressed, { header, format: "jpeg", data: small })],
    ["JPEG 640×480 decoded as libjpeg-turbo does", () => decodeJpeg(large)],
    ["JPEG 640×480 decoded in plain JavaScript", () => jpeg.decode(large, { useTArray: true, formatAsRGBA: false })],
    ["mask label 160×120 → 40×20", () => decodeLabel(contract, "markings", mask)],
    ["lidar feature 360 beams → 32", () => decodeFeature(contract.streams.lidar!, scan)],
  ];
  for (const [name, call] of rows) {
    const { perSecond, medianMs } = measure(call);
    report({ name, value: perSecond, unit: "features/s", note: `median ${medianMs.toFixed(3)} ms` });
  }
}
