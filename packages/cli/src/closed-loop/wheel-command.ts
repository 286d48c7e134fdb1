import type {
  AckermannDriveStamped,
  Arrival,
  Contract,
  MessageType,
  MessageTypes,
  Nanoseconds,
  Robot,
  Twist,
  TwistStamped,
} from "@polypilot/core";
import { toRosTime } from "@polypilot/core";

/** What the robot is told to do. */
export interface WheelCommand {
  readonly steeringRad: number;
  readonly speedMps: number;
}

const ACKERMANN = "ackermann_msgs/msg/AckermannDriveStamped";

function fromTwist({ linear, angular }: Twist, wheelbaseM: number): WheelCommand {
  const speedMps = linear.x;
  const steeringRad = speedMps === 0 ? 0 : Math.atan((angular.z * wheelbaseM) / speedMps);
  return { steeringRad, speedMps };
}

/** The command in a message on the contract's command topic. */
export function readCommand(contract: Contract, { type, message }: Arrival): WheelCommand {
  const { wheelbase_m: wheelbaseM } = contract.robot;
  if (type === ACKERMANN) {
    const { drive } = message as AckermannDriveStamped;
    return { steeringRad: drive.steering_angle, speedMps: drive.speed };
  }
  return fromTwist(
    type === "geometry_msgs/msg/Twist" ? (message as Twist) : (message as TwistStamped).twist,
    wheelbaseM,
  );
}

/** Sends a command of `type` on `topic`: on the contract's command topic, or as a label. */
export function sendCommand(
  robot: Pick<Robot, "publish">,
  to: { readonly topic: string; readonly type: string; readonly wheelbaseM: number },
  stampNs: Nanoseconds,
  { steeringRad, speedMps }: WheelCommand,
): void {
  const header = { stamp: toRosTime(stampNs), frame_id: "base_link" };
  const angular = { x: 0, y: 0, z: (speedMps * Math.tan(steeringRad)) / to.wheelbaseM };
  const twist = { linear: { x: speedMps, y: 0, z: 0 }, angular };
  const drive = { steering_angle: steeringRad, steering_angle_velocity: 0, speed: speedMps, acceleration: 0, jerk: 0 };
  const publish = <K extends MessageType>(type: K, message: MessageTypes[K]) => robot.publish(to.topic, type, message);
  if (to.type === ACKERMANN) publish(ACKERMANN, { header, drive });
  else if (to.type === "geometry_msgs/msg/TwistStamped") publish("geometry_msgs/msg/TwistStamped", { header, twist });
  else publish("geometry_msgs/msg/Twist", twist);
}
