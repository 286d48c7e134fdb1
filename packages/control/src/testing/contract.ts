import { type Contract, parseContract } from "@polypilot/core";

/**
 * A small car for tests: camera 30 Hz 200 ms, lidar 10 Hz 400 ms, joints 50 Hz 200 ms, odometry; commands at 50 Hz.
 *
 * @param more - lines of `command`, indented by two spaces.
 * @param change - of the text, before it is read.
 */
export function testContract(
  more = "",
  type = "ackermann_msgs/msg/AckermannDriveStamped",
  change: (text: string) => string = (text) => text,
): Contract {
  return parseContract(
    change(`
polypilot: 1
robot: { name: test-car, wheelbase_m: 0.325, width_m: 0.28 }
reference: camera
streams:
  camera:
    topic: /camera/image_raw
    type: sensor_msgs/msg/Image
    rate_hz: 30
    max_age_ms: 200
    feature: { kind: camera, unit: intensity, source: { width: 16, height: 12 }, width: 8, height: 8, channels: 1 }
  lidar:
    topic: /scan
    type: sensor_msgs/msg/LaserScan
    rate_hz: 10
    max_age_ms: 400
    align: { policy: latest, tolerance_ms: 250 }
    feature: { kind: ranges, unit: m, range: [0, 8], beams: 4, field_of_view: [-1, 1] }
  joints:
    topic: /joint_states
    type: sensor_msgs/msg/JointState
    rate_hz: 50
    max_age_ms: 200
    align: { policy: interpolate, tolerance_ms: 60 }
    feature:
      kind: joints
      joints: [{ name: wheel, field: velocity, unit: rad/s, range: [-60, 60] }]
  odometry: { topic: /odom, type: nav_msgs/msg/Odometry, rate_hz: 50, max_age_ms: 200 }
heads:
  steering:
    kind: regression
    loss: gaussian-nll
    unit: rad
    range: [-0.45, 0.45]
    label: { topic: /expert/drive, type: ackermann_msgs/msg/AckermannDriveStamped, field: drive.steering_angle }
    role: primary
    deploy: true
command:
  topic: /drive
  type: ${type}
  rate_hz: 50
  steering:
    head: steering
    unit: rad
    limits: { value: [-0.45, 0.45], rate: 5, acceleration: 200 }
    sigma: { slow_above: 0.12, stop_above: 0.35 }
  speed:
    unit: m/s
    limits: { value: [0, 2], rate: 3, acceleration: 60 }
    cruise: 1.4
    lateral_acceleration: 2.5
  executed: { steering_joint: steer, joints: joints, odometry: odometry }
${more}
`),
  );
}

/** The same car with a camera that sends JPEGs. */
export const jpegContract = (): Contract =>
  testContract("", undefined, (text) => text.replace("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"));
