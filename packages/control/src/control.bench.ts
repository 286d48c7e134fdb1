import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Clock,
  type Contract,
  encodeMessage,
  every,
  type Image,
  type JointState,
  type LaserScan,
  type Predictor,
  parseContract,
  type Robot,
  sizeOf,
  toRosTime,
  wallClock,
} from "@polypilot/core";
import { decodeFeature, featureSpec } from "@polypilot/sensors";
import { alignmentOf, interpolateFeature, synchroniser } from "@polypilot/streams";
import { drive } from "./drive.js";
import { Pilot } from "./pilot.js";
import { safetyGate } from "./safety-gate.js";
import { quantile, type Report } from "./testing/bench-times.js";
import { topicBus } from "./topic-bus.js";
import { workerPredictor } from "./worker-predictor.js";

const root = new URL("../../../", import.meta.url);
const WALL_SEC = 10;

/** The median time of `work` in ms, and the 99th percentile in the note. */
function time(report: Report, name: string, times: number, work: (i: number) => void): void {
  for (let i = 0; i < times / 5; i += 1) work(i);
  const all = Array.from({ length: times }, (_, i) => {
    const start = performance.now();
    work(i + times);
    return performance.now() - start;
  });
  tell(report, name, all);
}

function tell(report: Report, name: string, all: readonly number[]): void {
  report({ name, value: quantile(all, 0.5), unit: "ms", note: `p99 ${quantile(all, 0.99).toFixed(3)} ms` });
}

/** Messages of the built-in simulator's car at a time, with made-up contents. */
function messages(contract: Contract) {
  const feature = contract.streams.camera!.feature!;
  const { width, height } = feature.kind === "camera" ? feature.source : { width: 160, height: 120 };
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
  const ranges = Float32Array.from({ length: 180 }, (_, i) => 1 + (i % 17) / 4);
  const name = ["rear_left_wheel_joint", "rear_right_wheel_joint", "steering_joint"];
  const numbers = Float64Array.of(5, 5, 0);
  const header = (atNs: bigint) => ({ stamp: toRosTime(atNs), frame_id: "base_link" });
  const size = { height, width, encoding: "rgb8", is_bigendian: 0, step: width * 3 };
  const beams = { angle_min: -1.57, angle_max: 1.57, angle_increment: 3.14 / 179, time_increment: 0, scan_time: 0.1 };
  const limits = { range_min: 0.05, range_max: 12, intensities: new Float32Array() };
  return {
    image: (atNs: bigint): Image => ({
      header: header(atNs),
      ...size,
      data: data.map((value) => value ^ Number(atNs & 63n)),
    }),
    scan: (atNs: bigint): LaserScan => ({ header: header(atNs), ...beams, ...limits, ranges }),
    joints: (atNs: bigint): JointState => ({
      ...{ header: header(atNs), name, position: numbers, velocity: numbers, effort: new Float64Array() },
    }),
  };
}

/** A model that answers at once, for a contract. */
function standIn(contract: Contract): Predictor {
  const inputs: Record<string, readonly number[]> = {};
  for (const [name, { feature }] of Object.entries(contract.streams))
    if (feature) inputs[name] = featureSpec(feature).shape;
  const answer = { [contract.command.steering.head]: { mean: Float64Array.of(0.1), sigma: Float64Array.of(0.02) } };
  return {
    inputs,
    heads: Object.keys(answer),
    runtime: "stand-in",
    predict: async () => answer,
    close: async () => {},
  };
}

function stages(report: Report, contract: Contract): void {
  const make = messages(contract);
  const camera = contract.streams.camera!;
  const image = make.image(0n);
  time(report, "latency: decode camera", 2000, () => void decodeFeature(camera, image));
  const scan = make.scan(0n);
  time(report, "latency: decode lidar", 2000, () => void decodeFeature(contract.streams.lidar!, scan));

  const machine = synchroniser({ ...alignmentOf(contract), interpolate: interpolateFeature });
  const add = (stream: string, message: object, stampNs: bigint) => {
    const result = decodeFeature(contract.streams[stream]!, message);
    if (result.ok) machine.add({ stream, stampNs, receivedNs: stampNs, value: result.feature });
  };
  const cameraSample = decodeFeature(camera, image);
  time(report, "latency: synchronise", 2000, (i) => {
    const stampNs = BigInt(i + 1) * 33_000_000n;
    add("lidar", scan, stampNs - 5_000_000n);
    for (const early of [19_000_000n, 1_000_000n]) add("joints", make.joints(0n), stampNs - early);
    if (cameraSample.ok) machine.add({ stream: "camera", stampNs, receivedNs: stampNs, value: cameraSample.feature });
  });

  const { initial, gate } = safetyGate(contract);
  let state = initial;
  time(report, "latency: safety gate", 5000, (i) => {
    const nowNs = BigInt(i + 1) * 20_000_000n;
    const streams = Object.fromEntries(Object.keys(contract.streams).map((name) => [name, { newestNs: nowNs }]));
    const wish = { steeringRad: Math.sin(i / 50) / 3, speedMps: 1.4, sigmaRad: 0.02, stampsNs: { camera: nowNs } };
    state = gate(state, { nowNs, streams, wish }).state;
  });

  const publish: Robot["publish"] = (_topic, type, message) => void encodeMessage(type, message);
  const pilot = new Pilot({ robot: { publish }, contract });
  time(report, "latency: command and publish as CDR", 5000, (i) => pilot.tick(BigInt(i + 1) * 20_000_000n));
}

/** The newest checkpoint that is there, as a worker; else undefined. */
async function checkpointPredictor(): Promise<Predictor | undefined> {
  const folder = new URL("checkpoints/", root);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((n) => existsSync(new URL(`${n}/contract.yaml`, folder)))) {
    try {
      return await workerPredictor({ checkpoint: fileURLToPath(new URL(name, folder)) });
    } catch {
      // of another format: the bench goes on without it
    }
  }
  return undefined;
}

async function inference(report: Report, predictor: Predictor): Promise<void> {
  const features = Object.fromEntries(
    Object.entries(predictor.inputs).map(([name, shape]) => [
      name,
      shape.length === 3 ? new Uint8Array(sizeOf(shape)) : new Float32Array(sizeOf(shape)),
    ]),
  );
  const all: number[] = [];
  for (let i = 0; i < 500; i += 1) {
    const start = performance.now();
    await predictor.predict(features);
    all.push(performance.now() - start);
  }
  tell(report, "latency: inference in the worker", all);
}

/** Camera stamp to command on the wall's clock, with camera at 30 Hz, lidar 10 Hz, joints 50 Hz, messages encoded as CDR. */
async function wall(report: Report, contract: Contract, predictor: Predictor): Promise<void> {
  const clock: Clock = wallClock();
  const make = messages(contract);
  const robot = topicBus(clock, () => {});
  const publish: Robot["publish"] = (_topic, type, message) => void encodeMessage(type, message);
  const session = drive({ robot: { ...robot, publish }, contract, predictor });
  const send = (stream: string, message: (atNs: bigint) => object) => {
    const { rate_hz, topic, type } = contract.streams[stream]!;
    const periodNs = BigInt(Math.round(1e9 / rate_hz));
    return every(clock, periodNs, clock.nowNs(), (atNs) => void robot.deliver(topic, type, message(atNs), atNs));
  };
  const stops = [send("camera", make.image), send("lidar", make.scan), send("joints", make.joints)];
  await new Promise<void>((resolve) => clock.at(clock.nowNs() + BigInt(WALL_SEC) * 1_000_000_000n, resolve));
  for (const stop of stops) stop();
  await session.stop();
  const { latencyMs, predictions } = session.health();
  const note = `p99 ${latencyMs.p99} ms, ${predictions} predictions in ${WALL_SEC} s, ${predictor.runtime}`;
  report({ name: "latency: camera stamp to command, wall", value: latencyMs.p50, unit: "ms", note });
}

/** Time of each stage on the way from a camera image to a command, and of the whole. */
export async function bench(report: Report): Promise<void> {
  const text = readFileSync(new URL("contracts/sim-car.yaml", root), "utf8");
  const contract = parseContract(text, "contracts/sim-car.yaml");
  stages(report, contract);
  const predictor = await checkpointPredictor();
  if (predictor) await inference(report, predictor);
  await wall(report, contract, predictor ?? standIn(contract));
  await predictor?.close();
}
