import type { Contract, JointState, Odometry } from "@polypilot/core";

/** What the robot last said that it does; NaN where it says nothing. */
export interface Executed {
  readonly steeringRad: number;
  readonly speedMps: number;
}

/** The robot has not said anything. */
export const nothingExecuted: Executed = { steeringRad: NaN, speedMps: NaN };

/** What is known after one more message on a stream: the steering joint's position, the odometry's forward speed. */
export function readExecuted(contract: Contract, executed: Executed, stream: string, message: object): Executed {
  const { steering_joint, joints, odometry } = contract.command.executed;
  if (stream === joints && steering_joint !== undefined) {
    const { name, position } = message as JointState;
    const steeringRad = position[name.indexOf(steering_joint)];
    if (steeringRad !== undefined) return { ...executed, steeringRad };
  }
  if (stream === odometry) return { ...executed, speedMps: (message as Odometry).twist.twist.linear.x };
  return executed;
}
