import type { MessageType, MessageTypes } from "@polypilot/core";
import type { DriveCommand } from "./vehicle/motion.js";

/**
 * A command from a message: Ackermann as it is; a twist by the steering angle that gives its yaw rate, atan(L·ω / v).
 *
 * @returns undefined if the message holds a number that is not finite: a car takes no notice of such a command.
 */
export function driveCommandOf(message: MessageTypes[MessageType], wheelbaseM: number): DriveCommand | undefined {
  const { drive, twist, linear, angular } = message as {
    drive?: MessageTypes["ackermann_msgs/msg/AckermannDrive"];
    twist?: MessageTypes["geometry_msgs/msg/Twist"];
    linear?: MessageTypes["geometry_msgs/msg/Vector3"];
    angular?: MessageTypes["geometry_msgs/msg/Vector3"];
  };
  const speedMps = drive?.speed ?? twist?.linear.x ?? linear?.x ?? Number.NaN;
  const turning = twist?.angular.z ?? angular?.z ?? Number.NaN;
  const steeringRad =
    drive?.steering_angle ?? (Math.abs(speedMps) < 1e-3 ? 0 : Math.atan((wheelbaseM * turning) / speedMps));
  return Number.isFinite(speedMps) && Number.isFinite(steeringRad) && (drive || Number.isFinite(turning))
    ? { steeringRad, speedMps }
    : undefined;
}
