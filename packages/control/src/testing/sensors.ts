import {
  type CompressedImage,
  every,
  type Image,
  type JointState,
  type LaserScan,
  type Odometry,
  toRosTime,
} from "@polypilot/core";
import jpeg from "jpeg-js";
import type { TestRobot } from "./robot.js";

/** A change to what one sensor sends: another message, several, or none. */
export type Fault<M> = (message: M, atNs: bigint) => readonly M[];

export interface SensorFaults {
  readonly camera?: Fault<Image>;
  readonly lidar?: Fault<LaserScan>;
  readonly joints?: Fault<JointState>;
  readonly odometry?: Fault<Odometry>;
  /** Lets the camera send JPEGs in place of images. */
  readonly jpeg?: Fault<CompressedImage>;
}

const CAMERA = "/camera/image_raw";
const header = (atNs: bigint) => ({ stamp: toRosTime(atNs), frame_id: "base_link" });

/** A grey image that is a little brighter or darker each time. */
export function image(atNs: bigint, width = 16, height = 12): Image {
  const data = new Uint8Array(width * height).fill(80 + Number((atNs / 1_000_000n) % 97n));
  return { header: header(atNs), height, width, encoding: "mono8", is_bigendian: 0, step: width, data };
}

const PICTURES = 24;
const jpegs: Uint8Array[] = [];

/** A JPEG of colours that move, one of 24 by its time. */
export function jpegImage(atNs: bigint): CompressedImage {
  const number = Number((atNs / 33_333_333n) % BigInt(PICTURES));
  jpegs[number] ??= jpegOf(number);
  return { header: header(atNs), format: "jpeg", data: jpegs[number].slice() };
}

function jpegOf(phase: number): Uint8Array {
  const [width, height] = [16, 12];
  const pixels = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i += 1) {
    for (let c = 0; c < 3; c += 1)
      pixels[4 * i + c] = 128 + 70 * Math.sin(i / 5 + phase) + 40 * Math.sin(i * c + phase);
  }
  return new Uint8Array(jpeg.encode({ width, height, data: pixels }, 90).data);
}

/** A scan of nine beams at 3 m. */
function scan(atNs: bigint): LaserScan {
  const beams = { angle_min: -1, angle_max: 1, angle_increment: 0.25, time_increment: 0, scan_time: 0.1 };
  const ranges = new Float32Array(9).fill(3);
  return { header: header(atNs), ...beams, range_min: 0.05, range_max: 12, ranges, intensities: new Float32Array() };
}

/** The wheel turning at 10 rad/s, the steering joint at 0.05 rad. */
function jointState(atNs: bigint): JointState {
  const velocity = Float64Array.of(10, 0);
  const position = Float64Array.of(0, 0.05);
  return { header: header(atNs), name: ["wheel", "steer"], position, velocity, effort: new Float64Array() };
}

/** Driving at 0.7 m/s. */
function odometry(atNs: bigint): Odometry {
  const zero = { x: 0, y: 0, z: 0 };
  const covariance = new Float64Array(36);
  return {
    header: header(atNs),
    child_frame_id: "base_link",
    pose: { pose: { position: zero, orientation: { ...zero, w: 1 } }, covariance },
    twist: { twist: { linear: { ...zero, x: 0.7 }, angular: zero }, covariance },
  };
}

/** Lets all sensors of `testContract` send at their rates, each message stamped with its time, changed by the faults. */
export function startSensors(robot: TestRobot, faults: SensorFaults = {}): () => void {
  const { clock } = robot;
  const start = <M>(periodMs: number, make: (atNs: bigint) => M, send: (m: M) => void, fault?: Fault<M>) =>
    every(clock, BigInt(Math.round(periodMs * 1e6)), clock.nowNs(), (atNs) => {
      for (const message of fault ? fault(make(atNs), atNs) : [make(atNs)]) send(message);
    });
  const stops = [
    start(20, jointState, (m) => robot.send("/joint_states", "sensor_msgs/msg/JointState", m), faults.joints),
    start(100, scan, (m) => robot.send("/scan", "sensor_msgs/msg/LaserScan", m), faults.lidar),
    start(20, odometry, (m) => robot.send("/odom", "nav_msgs/msg/Odometry", m), faults.odometry),
    faults.jpeg
      ? start(1000 / 30, jpegImage, (m) => robot.send(CAMERA, "sensor_msgs/msg/CompressedImage", m), faults.jpeg)
      : start(1000 / 30, image, (m) => robot.send(CAMERA, "sensor_msgs/msg/Image", m), faults.camera),
  ];
  return () => stops.forEach((stop) => void stop());
}
