import { type Contract, type Header, type MessageType, type MessageTypes, PolypilotError } from "@polypilot/core";

/** A command message of the type that the robot takes. */
export type RobotCommand = {
  readonly [K in MessageType]: { readonly type: K; readonly message: MessageTypes[K] };
}["ackermann_msgs/msg/AckermannDriveStamped" | "geometry_msgs/msg/TwistStamped" | "geometry_msgs/msg/Twist"];

/**
 * The robot's own command for a steering angle and a speed.
 *
 * A Twist has a yaw rate in place of the angle: ω = v · tan δ / L (kinematic bicycle, wheelbase L).
 *
 * @throws PolypilotError `CONTROL_COMMAND` if the contract's type is none of these.
 */
export function robotCommand(contract: Contract, header: Header, steeringRad: number, speedMps: number): RobotCommand {
  const { type } = contract.command;
  if (type === "ackermann_msgs/msg/AckermannDriveStamped") {
    const drive = {
      steering_angle: steeringRad,
      steering_angle_velocity: 0,
      speed: speedMps,
      acceleration: 0,
      jerk: 0,
    };
    return { type, message: { header, drive } };
  }
  const yawRate = (speedMps * Math.tan(steeringRad)) / contract.robot.wheelbase_m;
  const twist = { linear: { x: speedMps, y: 0, z: 0 }, angular: { x: 0, y: 0, z: yawRate } };
  if (type === "geometry_msgs/msg/TwistStamped") return { type, message: { header, twist } };
  if (type === "geometry_msgs/msg/Twist") return { type, message: twist };
  throw new PolypilotError("CONTROL_COMMAND", ["control", "command"], {
    expected: "command.type is AckermannDriveStamped, TwistStamped or Twist",
    found: type,
    todo: "Correct the contract",
  });
}
