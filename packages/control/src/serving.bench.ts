import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CompressedImage,
  type Contract,
  type FeatureData,
  type Image,
  type JointState,
  type LaserScan,
  type Predictor,
  parseContract,
  random,
  sizeOf,
  toRosTime,
  wallClock,
} from "@polypilot/core";
import { loadPredictor } from "@polypilot/mtl/serving";
import jpeg from "jpeg-js";
import { drive } from "./drive.js";
import { quantile, type Report } from "./testing/bench-times.js";
import { topicBus } from "./topic-bus.js";
import { workerPredictor } from "./worker-predictor.js";

const root = new URL("../../../", import.meta.url);
const WARM_UP = 60;
const ROUNDS = 300;

const rest = (all: readonly number[]) =>
  `p99 ${quantile(all, 0.99).toFixed(2)} ms, longest ${Math.max(...all).toFixed(2)} ms`;

/** Pictures of a size that take turns, as a camera on a moving robot would show them: soft shapes with some noise. */
function pictures(width: number, height: number, count: number): Uint8Array[] {
  const { uniform } = random(1);
  return Array.from({ length: count }, (_, k) =>
    Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return 128 + 60 * Math.sin(x / 40 + (i % 3) + k) + 40 * Math.sin(y / 17) + 16 * (uniform() - 0.5);
    }),
  );
}

/** The same as a camera's driver compresses them. */
function compressed(width: number, height: number, rgb: Uint8Array): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0, o = 0; o < data.length; i += 3, o += 4) data.set(rgb.subarray(i, i + 3), o);
  return new Uint8Array(jpeg.encode({ width, height, data }, 80).data);
}

/** One image with the other sensors' messages that belong to it, the image last. */
function messages(contract: Contract) {
  const { feature, type } = contract.streams.camera!;
  const { width, height } = feature?.kind === "camera" ? feature.source : { width: 160, height: 120 };
  const isJpeg = type === "sensor_msgs/msg/CompressedImage";
  const shown = pictures(width, height, 4).map((rgb) => (isJpeg ? compressed(width, height, rgb) : rgb));
  const header = (atNs: bigint) => ({ stamp: toRosTime(atNs), frame_id: "base_link" });
  const limits = { range_min: 0.05, range_max: 12, intensities: new Float32Array(), time_increment: 0, scan_time: 0.1 };
  const angles = { angle_min: -1.57, angle_max: 1.57, angle_increment: 3.14 / 179 };
  const ranges = Float32Array.from({ length: 180 }, (_, i) => 1 + (i % 17) / 4);
  const numbers = Float64Array.of(5, 5, 0);
  const name = ["rear_left_wheel_joint", "rear_right_wheel_joint", "steering_joint"];
  let count = 0;
  return (atNs: bigint) => {
    count += 1;
    const data = shown[count % shown.length]!.slice(); // each message has memory of its own
    const size = { height, width, encoding: "rgb8", is_bigendian: 0, step: width * 3 };
    const scan: LaserScan = { header: header(atNs - 2_000_000n), ...angles, ...limits, ranges };
    const image: Image | CompressedImage = isJpeg
      ? { header: header(atNs), format: "jpeg", data }
      : { header: header(atNs), ...size, data };
    const joints = (jointsNs: bigint): JointState => ({
      ...{ header: header(jointsNs), name, position: numbers, velocity: numbers, effort: new Float64Array() },
    });
    return { scan, joints: [joints(atNs - 1_000_000n), joints(atNs + 1_000_000n)], image, bytes: data.length };
  };
}

interface Whole {
  /** For each image: from the message to its command. */
  readonly path: number[];
  /** How long the main thread was held when it arrived. */
  readonly held: number[];
  /** All that the main thread did until the command, added up: no single hold can be longer. */
  readonly busy: number[];
  readonly bytes: number;
}

async function wholePath(contract: Contract, predictor: Predictor): Promise<Whole> {
  const clock = wallClock();
  const next = messages(contract);
  const robot = topicBus(clock, () => {});
  let [answered, done] = [false, () => {}];
  const session = drive({
    robot,
    contract,
    predictor,
    onPrediction: () => {
      answered = true;
    },
    onCommand: () => answered && done(),
  });
  const [path, held, busy]: [number[], number[], number[]] = [[], [], []];
  let size = 0;
  const deliver = (stream: string, message: object, atNs: bigint) => {
    const { topic, type } = contract.streams[stream]!;
    robot.deliver(topic, type, message, atNs);
  };
  for (let i = 0; i < WARM_UP + ROUNDS; i += 1) {
    await new Promise(setImmediate); // a turn of its own
    const nowNs = clock.nowNs();
    const { scan, joints, image, bytes } = next(nowNs - 3_000_000n);
    size = bytes;
    deliver("lidar", scan, nowNs);
    for (const state of joints) deliver("joints", state, nowNs);
    answered = false;
    const commanded = new Promise<void>((resolve) => {
      done = resolve;
    });
    const before = performance.eventLoopUtilization();
    const start = performance.now();
    deliver("camera", image, clock.nowNs());
    const returned = performance.now();
    const wait = setTimeout(() => done(), 1000); // a machine that stood still may have made the image too old
    await commanded;
    clearTimeout(wait);
    if (i < WARM_UP || !answered) continue;
    path.push(performance.now() - start);
    held.push(returned - start);
    busy.push(performance.eventLoopUtilization(before).active);
  }
  await session.stop();
  return { path, held, busy, bytes: size };
}

/** The same net, asked on this thread with nothing around it. */
async function bare(checkpoint: string): Promise<{ times: number[]; runtime: string }> {
  const predictor = await loadPredictor(checkpoint);
  const features: Record<string, FeatureData> = {};
  for (const [name, shape] of Object.entries(predictor.inputs))
    features[name] = shape.length === 3 ? new Uint8Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + ROUNDS; i += 1) {
    const start = performance.now();
    await predictor.predict(features);
    if (i >= WARM_UP) times.push(performance.now() - start);
  }
  await predictor.close();
  return { times, runtime: predictor.runtime };
}

interface Served {
  readonly size: string;
  readonly path: readonly number[];
  readonly held: readonly number[];
}

/** The shipped checkpoint, with the camera as it is and a larger one; undefined where none ships. */
function shipped() {
  const checkpoint = fileURLToPath(new URL("checkpoints/sim-car", root));
  if (!existsSync(checkpoint)) return undefined;
  const text = readFileSync(new URL("contract.yaml", new URL("checkpoints/sim-car/", root)), "utf8");
  const large = text.replace("source: { width: 160, height: 120 }", "source: { width: 640, height: 480 }");
  const contracts = { "160×120": parseContract(text), "640×480": parseContract(large) };
  return { checkpoint, contracts };
}

async function served({ checkpoint, contracts }: NonNullable<ReturnType<typeof shipped>>): Promise<Served[]> {
  const all: Served[] = [];
  for (const [size, contract] of Object.entries(contracts)) {
    const predictor = await workerPredictor({ checkpoint });
    all.push({ size, ...(await wholePath(contract, predictor)) });
    await predictor.close();
  }
  return all;
}

/** The whole path's p50 by the camera's size, and the model that was asked: for `scripts/bench-peers.mjs`. */
export async function servingPaths() {
  const found = shipped();
  if (!found) throw new Error("No checkpoint is in checkpoints/sim-car.");
  const { times, runtime } = await bare(found.checkpoint);
  const paths = (await served(found)).map(({ size, path }) => [size, quantile(path, 0.5)]);
  const model = join(found.checkpoint, "model.onnx");
  return { model, runtime, bareMs: quantile(times, 0.5), pathsMs: Object.fromEntries(paths) as Record<string, number> };
}

/** The shipped car's contract with another camera. */
function cameraContract(text: string, width: number, height: number, type: string): Contract {
  const size = "source: { width: 160, height: 120 }";
  return parseContract(
    text
      .replace(size, `source: { width: ${width}, height: ${height} }`)
      .replace("type: sensor_msgs/msg/Image", `type: ${type}`),
  );
}

/**
 * From a camera's message to its command, beside the bare inference of the same net, in one run; and how long the main thread is
 * held, for raw images and for JPEGs.
 */
export async function bench(report: Report): Promise<void> {
  const checkpoint = fileURLToPath(new URL("checkpoints/sim-car", root));
  if (!existsSync(checkpoint)) return;
  const text = readFileSync(new URL("contract.yaml", new URL("checkpoints/sim-car/", root)), "utf8");
  const inference = await bare(checkpoint);
  const bareMs = quantile(inference.times, 0.5);
  report({ name: "serving: bare inference", value: bareMs, unit: "ms", note: `p50, ${inference.runtime}` });
  for (const [what, width, height] of [
    ["image", 160, 120],
    ["image", 640, 480],
    ["image", 1280, 720],
    ["JPEG", 640, 480],
    ["JPEG", 1280, 720],
  ] as const) {
    const type = what === "JPEG" ? "sensor_msgs/msg/CompressedImage" : "sensor_msgs/msg/Image";
    const predictor = await workerPredictor({ checkpoint });
    const { path, held, busy, bytes } = await wholePath(cameraContract(text, width, height, type), predictor);
    await predictor.close();
    const name = `${what} ${width}×${height}`;
    const over = `p50, ${rest(path)}, ${Math.round(bytes / 1000)} kB; bare · 1.3 + 1 ms is ${(1.3 * bareMs + 1).toFixed(2)}`;
    report({ name: `serving: ${name} to command`, value: quantile(path, 0.5), unit: "ms", note: over });
    const note = `p50, ${rest(held)}; in all until the command p50 ${quantile(busy, 0.5).toFixed(2)} ms`;
    report({ name: `serving: main thread held by ${name}`, value: quantile(held, 0.5), unit: "ms", note });
  }
}
