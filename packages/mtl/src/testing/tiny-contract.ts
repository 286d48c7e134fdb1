import { type Contract, parseContract } from "@polypilot/core";

/** A contract with every kind of stream and head, small enough for plain JavaScript; sizes are odd to catch wrong rounding. */
export const tinyContractText = `
polypilot: 1
robot: { name: tiny, wheelbase_m: 0.3, width_m: 0.2 }
reference: camera
streams:
  camera:
    topic: /camera
    type: sensor_msgs/msg/Image
    rate_hz: 30
    max_age_ms: 200
    feature: { kind: camera, unit: intensity, source: { width: 36, height: 20 }, width: 18, height: 10, channels: 3 }
    encoder: { name: conv, options: { channels: [4, 6, 8] } }
  lidar:
    topic: /scan
    type: sensor_msgs/msg/LaserScan
    rate_hz: 10
    max_age_ms: 400
    feature: { kind: ranges, unit: m, range: [0, 8], beams: 8, field_of_view: [-1.5, 1.5] }
    encoder: { name: ranges, options: { sizes: [8, 6] } }
  joints:
    topic: /joint_states
    type: sensor_msgs/msg/JointState
    rate_hz: 50
    max_age_ms: 200
    feature:
      kind: joints
      joints:
        - { name: left, field: velocity, unit: rad/s, range: [-60, 60] }
        - { name: right, field: velocity, unit: rad/s, range: [0, 60] }
  imu:
    topic: /imu
    type: sensor_msgs/msg/Imu
    rate_hz: 50
    max_age_ms: 200
    feature: { kind: imu, values: [{ field: angular_velocity.z, unit: rad/s, range: [-2, 2] }] }
    encoder: { name: vector, options: { sizes: [3] } }
heads:
  steering:
    kind: regression
    loss: gaussian-nll
    unit: rad
    range: [-0.4, 0.5]
    label: { topic: /drive, type: ackermann_msgs/msg/AckermannDriveStamped, field: drive.steering_angle }
    role: primary
    deploy: true
    options: { hidden: 8 }
  lane_offset:
    kind: regression
    loss: mse
    unit: m
    range: [-0.6, 0.6]
    label: { topic: /offset, type: polypilot_msgs/msg/Scalar, field: value }
    role: auxiliary
    auxiliary: related_task
    deploy: false
    options: { hidden: 0 }
  curvature:
    kind: regression
    loss: huber
    unit: 1/m
    range: [-2, 2]
    size: 2
    label: { topic: /curvature, type: polypilot_msgs/msg/Scalar, field: value }
    role: auxiliary
    auxiliary: related_task
    deploy: false
    options: { hidden: 4 }
  markings:
    kind: segmentation
    loss: cross-entropy
    unit: class
    classes: [none, solid, dashed]
    stream: camera
    width: 9
    height: 5
    label: { topic: /markings, type: sensor_msgs/msg/Image, field: data }
    role: auxiliary
    auxiliary: related_task
    deploy: true
    options: { width: 4 }
  sign:
    kind: classification
    loss: cross-entropy
    unit: class
    classes: [none, bend, stop, yield]
    label: { topic: /sign, type: polypilot_msgs/msg/Scalar, field: value }
    role: auxiliary
    auxiliary: related_task
    deploy: false
    loss_scale: 0.5
    options: { hidden: 6 }
  reconstruction:
    kind: reconstruction
    loss: mse
    unit: intensity
    label: { stream: camera }
    role: auxiliary
    auxiliary: representation
    deploy: false
    options: { width: 3 }
  next_lidar:
    kind: reconstruction
    loss: mse
    unit: m
    label: { stream: lidar, ahead: 2 }
    role: auxiliary
    auxiliary: predict_input
    deploy: false
    options: { hidden: 5 }
sharing: { architecture: hard, options: { size: 12 } }
weighting: { method: uncertainty }
command:
  topic: /drive_out
  type: ackermann_msgs/msg/AckermannDriveStamped
  rate_hz: 50
  steering: { head: steering, unit: rad, limits: { value: [-0.4, 0.5], rate: 5, acceleration: 200 } }
  speed: { unit: m/s, limits: { value: [0, 2], rate: 3, acceleration: 60 }, cruise: 1.4, lateral_acceleration: 2.5 }
`;

/** The tiny contract, with the replacements made in its text. */
export function tinyContract(...replacements: readonly (readonly [from: string, to: string])[]): Contract {
  return parseContract(replacements.reduce((text, [from, to]) => text.replace(from, to), tinyContractText));
}
