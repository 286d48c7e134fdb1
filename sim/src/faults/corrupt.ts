import type {
  CompressedImage,
  Image,
  Imu,
  JointState,
  LaserScan,
  MessageType,
  MessageTypes,
  Odometry,
  Random,
} from "@polypilot/core";

const nan = { x: Number.NaN, y: Number.NaN, z: Number.NaN };

function pick<T>(rng: Random, ...ways: readonly (() => T)[]): T {
  return ways[rng.integer(ways.length)]!();
}

/** A message of another length or size than it says, or one that ends early. */
function corruptImage(m: Image, rng: Random): Image {
  return pick<Image>(
    rng,
    () => ({ ...m, data: m.data.slice(0, Math.floor(m.data.length * rng.uniform())) }),
    () => ({ ...m, width: m.width + 1 + rng.integer(16) }),
    () => ({
      ...m,
      width: m.width >> 1,
      height: m.height >> 1,
      step: m.step >> 1,
      data: m.data.slice(0, m.data.length >> 2),
    }),
    () => ({ ...m, encoding: "garbage" }),
  );
}

function corruptJpeg(m: CompressedImage, rng: Random): CompressedImage {
  return pick<CompressedImage>(
    rng,
    () => ({ ...m, data: m.data.slice(0, Math.floor(m.data.length * rng.uniform())) }),
    () => ({ ...m, data: m.data.map(() => rng.integer(256)) }),
  );
}

function corruptScan(m: LaserScan, rng: Random): LaserScan {
  return pick<LaserScan>(
    rng,
    () => ({ ...m, ranges: m.ranges.map((r) => (rng.uniform() < 0.5 ? Number.NaN : r)) }),
    () => ({ ...m, ranges: m.ranges.slice(0, rng.integer(m.ranges.length)) }),
    () => ({ ...m, ranges: m.ranges.map((r) => (rng.uniform() < 0.3 ? -r : r)) }),
  );
}

function corruptJoints(m: JointState, rng: Random): JointState {
  return pick<JointState>(
    rng,
    () => ({ ...m, velocity: m.velocity.map(() => Number.NaN), position: m.position.map(() => Number.NaN) }),
    () => ({ ...m, velocity: new Float64Array(0) }),
    () => ({ ...m, name: m.name.map((name) => `${name}_of_another_robot`) }),
  );
}

function corruptImu(m: Imu): Imu {
  return { ...m, angular_velocity: nan, linear_acceleration: nan };
}

function corruptOdometry(m: Odometry): Odometry {
  return { ...m, twist: { ...m.twist, twist: { linear: nan, angular: nan } } };
}

/** The message as a broken cable or driver might give it: cut short, of the wrong size, not a number. The original is kept. */
export function corrupt<K extends MessageType>(type: K, message: MessageTypes[K], rng: Random): MessageTypes[K] {
  const ways: { [T in MessageType]?: (m: MessageTypes[T], rng: Random) => MessageTypes[T] } = {
    "sensor_msgs/msg/Image": corruptImage,
    "sensor_msgs/msg/CompressedImage": corruptJpeg,
    "sensor_msgs/msg/LaserScan": corruptScan,
    "sensor_msgs/msg/JointState": corruptJoints,
    "sensor_msgs/msg/Imu": corruptImu,
    "nav_msgs/msg/Odometry": corruptOdometry,
  };
  const way = ways[type] as ((m: MessageTypes[K], rng: Random) => MessageTypes[K]) | undefined;
  return way ? way(message, rng) : message;
}
