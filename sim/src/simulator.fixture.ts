import { type Arrival, type MessageType, virtualClock } from "@polypilot/core";
import { simContract } from "./contract.fixture.js";
import { createSimulator, type Simulator, type SimulatorOptions } from "./simulator.js";
import { scalarTopics } from "./truth/topics.js";

export const SEC = 1_000_000_000n;
export const topics: readonly (readonly [string, MessageType])[] = [
  ["/camera/image_raw", "sensor_msgs/msg/Image"],
  ["/camera/camera_info", "sensor_msgs/msg/CameraInfo"],
  ["/scan", "sensor_msgs/msg/LaserScan"],
  ["/joint_states", "sensor_msgs/msg/JointState"],
  ["/imu", "sensor_msgs/msg/Imu"],
  ["/odom", "nav_msgs/msg/Odometry"],
  ["/clock", "rosgraph_msgs/msg/Clock"],
];
export const truths: readonly (readonly [string, MessageType])[] = [
  ["/truth/markings", "sensor_msgs/msg/Image"],
  ["/truth/drivable", "sensor_msgs/msg/Image"],
  ["/truth/depth", "sensor_msgs/msg/Image"],
  ...Object.keys(scalarTopics).map((topic) => [topic, "polypilot_msgs/msg/Scalar"] as const),
];

export function make(options: Partial<SimulatorOptions> = {}) {
  const clock = virtualClock();
  return { clock, simulator: createSimulator({ contract: simContract(), seed: 6, clock, ...options }) };
}

export function listen(simulator: Simulator, to: readonly (readonly [string, MessageType])[]): Arrival[] {
  const arrivals: Arrival[] = [];
  for (const [topic, type] of to) simulator.subscribe(topic, type, (arrival) => arrivals.push(arrival));
  return arrivals;
}

export function drive(simulator: Simulator, steering_angle: number, speed: number): void {
  simulator.publish("/drive", "ackermann_msgs/msg/AckermannDriveStamped", {
    header: { stamp: { sec: 0, nanosec: 0 }, frame_id: "" },
    drive: { steering_angle, speed, steering_angle_velocity: 0, acceleration: 0, jerk: 0 },
  });
}
