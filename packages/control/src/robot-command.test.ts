import { encodeMessage } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { robotCommand } from "./robot-command.js";
import { testContract } from "./testing/contract.js";

const header = { stamp: { sec: 1, nanosec: 2 }, frame_id: "base_link" };
const yawRate = (1.2 * Math.tan(-0.2)) / 0.325;

describe("robotCommand", () => {
  it("gives an encodable message of each type that a contract may name", () => {
    const types = [
      "ackermann_msgs/msg/AckermannDriveStamped",
      "geometry_msgs/msg/TwistStamped",
      "geometry_msgs/msg/Twist",
    ];
    const commands = types.map((type) => robotCommand(testContract("", type), header, -0.2, 1.2));
    expect(commands.map((c) => c.type)).toEqual(types);
    expect(commands[0]!.message).toMatchObject({ header, drive: { steering_angle: -0.2, speed: 1.2 } });
    expect(commands[1]!.message).toMatchObject({ header, twist: { linear: { x: 1.2 }, angular: { z: yawRate } } });
    expect(commands[2]!.message).toMatchObject({ linear: { x: 1.2, y: 0, z: 0 }, angular: { x: 0, y: 0, z: yawRate } });
    for (const { type, message } of commands) expect(encodeMessage(type, message).length).toBeGreaterThan(20);
  });
});
