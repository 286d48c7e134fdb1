import {
  type AckermannDriveStamped,
  EpisodeEventConstants,
  type JointState,
  type LaserScan,
  type Nanoseconds,
  parseContract,
  virtualClock,
} from "@polypilot/core";
import { openRecorder, type Recorder } from "../mcap/recorder.js";
import { episodeEvent, header, image, scalar } from "./messages.js";

/** A small car: an image of 16×12 in one colour a frame, a lidar of two sectors, one wheel. */
export const smallContractText = `polypilot: 1
robot: { name: small-car, wheelbase_m: 0.3, width_m: 0.2 }
reference: camera
streams:
  camera:
    topic: /camera
    type: sensor_msgs/msg/Image
    rate_hz: 20
    max_age_ms: 200
    feature: { kind: camera, unit: intensity, source: { width: 16, height: 12 }, width: 8, height: 8, channels: 1 }
  lidar:
    topic: /scan
    type: sensor_msgs/msg/LaserScan
    rate_hz: 10
    max_age_ms: 400
    align: { policy: latest, tolerance_ms: 150 }
    feature: { kind: ranges, unit: m, range: [0, 8], beams: 2, field_of_view: [-1, 1] }
  joints:
    topic: /joint_states
    type: sensor_msgs/msg/JointState
    rate_hz: 50
    max_age_ms: 200
    align: { policy: interpolate, tolerance_ms: 60 }
    feature: { kind: joints, joints: [{ name: wheel, field: velocity, unit: rad/s, range: [-60, 60] }] }
heads:
  steering:
    kind: regression
    loss: gaussian-nll
    unit: rad
    range: [-0.45, 0.45]
    label: { topic: /expert/drive, type: ackermann_msgs/msg/AckermannDriveStamped, field: drive.steering_angle, tolerance_ms: 20 }
    role: primary
    deploy: true
  sign:
    kind: classification
    loss: cross-entropy
    unit: class
    classes: [none, stop]
    label: { topic: /truth/sign, type: polypilot_msgs/msg/Scalar, field: value }
    role: auxiliary
    auxiliary: related_task
    deploy: false
  next:
    kind: reconstruction
    loss: mse
    unit: intensity
    label: { stream: camera, ahead: 2 }
    role: auxiliary
    auxiliary: representation
    deploy: false
command:
  topic: /drive
  type: ackermann_msgs/msg/AckermannDriveStamped
  rate_hz: 20
  steering: { head: steering, unit: rad, limits: { value: [-0.45, 0.45], rate: 5, acceleration: 200 } }
  speed: { unit: m/s, limits: { value: [0, 2], rate: 3, acceleration: 60 }, cruise: 1, lateral_acceleration: 2.5 }
`;

export const smallContract = parseContract(smallContractText, "small.yaml");

const drive = (stampNs: Nanoseconds, steering_angle: number): AckermannDriveStamped => ({
  header: header(stampNs),
  drive: { steering_angle, steering_angle_velocity: 0, speed: 1, acceleration: 0, jerk: 0 },
});

const scan = (stampNs: Nanoseconds, near: number): LaserScan => ({
  header: header(stampNs),
  angle_min: -0.5,
  angle_max: 0.5,
  angle_increment: 1,
  time_increment: 0,
  scan_time: 0,
  range_min: 0.1,
  range_max: 8,
  ranges: Float32Array.of(near, near + 1),
  intensities: new Float32Array(0),
});

const joints = (stampNs: Nanoseconds, velocity: number): JointState => ({
  header: header(stampNs),
  name: ["wheel"],
  position: Float64Array.of(0),
  velocity: Float64Array.of(velocity),
  effort: Float64Array.of(0),
});

export const MS = 1_000_000n;

/** Writes the frames `from` … `to − 1` of a drive at 20 Hz: frame k is filled with k, steers k/1000, at 1 s + 50 ms · k. */
export function writeFrames(
  recorder: Recorder,
  from: number,
  to: number,
  skipLabel: (k: number) => boolean = () => false,
) {
  for (let k = from; k < to; k += 1) {
    const ns = 1000n * MS + BigInt(k) * 50n * MS;
    if (k % 2 === 0)
      recorder.write("/scan", "sensor_msgs/msg/LaserScan", scan(ns - 10n * MS, 1 + k / 100), ns - 5n * MS);
    recorder.write("/joint_states", "sensor_msgs/msg/JointState", joints(ns - 10n * MS, k), ns - 4n * MS);
    recorder.write("/joint_states", "sensor_msgs/msg/JointState", joints(ns + 10n * MS, k + 1), ns - 3n * MS);
    recorder.write("/camera", "sensor_msgs/msg/Image", image(ns, 16, 12, k), ns);
    if (skipLabel(k)) continue;
    recorder.write(
      "/expert/drive",
      "ackermann_msgs/msg/AckermannDriveStamped",
      drive(ns + 5n * MS, k / 1000),
      ns + 6n * MS,
    );
    recorder.write("/truth/sign", "polypilot_msgs/msg/Scalar", scalar(ns, k % 2), ns + 7n * MS);
  }
}

/** Writes an event at frame k's time. */
export function writeEvent(recorder: Recorder, kind: keyof typeof EpisodeEventConstants, k: number, id: string): void {
  const ns = 1000n * MS + BigInt(k) * 50n * MS - 20n * MS;
  const event = episodeEvent(ns, EpisodeEventConstants[kind], id, {
    task: "loop",
    outcome: kind === "STOP" ? "success" : "",
  });
  recorder.write("/episode/events", "polypilot_msgs/msg/EpisodeEvent", event, ns);
}

/** Records what `write` writes. */
export async function recordDrive(path: string, write: (recorder: Recorder) => void): Promise<string> {
  const contract = { contractText: smallContractText, contractName: "small.yaml" };
  const recorder = await openRecorder(path, { ...contract, clock: virtualClock(), blocking: true, overwrite: true });
  write(recorder);
  await recorder.close();
  return path;
}
