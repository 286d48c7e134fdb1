import { type Command, type Contract, fromRosTime, type Predictor, virtualClock } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { commandLog } from "./command-log.js";
import { drive } from "./drive.js";
import { testContract } from "./testing/contract.js";
import { testPredictor } from "./testing/predictor.js";
import { testRobot } from "./testing/robot.js";
import { type SensorFaults, startSensors } from "./testing/sensors.js";

const START_NS = 1_000_000_000_000n;
const sec = (seconds: number) => START_NS + BigInt(Math.round(seconds * 1e9));

async function run(
  seconds: number,
  faults: SensorFaults = {},
  predictor: Predictor = testPredictor((call) => [0.3 * Math.sin(call / 10), 0.02]),
  contract: Contract = testContract(),
) {
  const clock = virtualClock(START_NS);
  const robot = testRobot(clock);
  const log = commandLog();
  const commands: (Command & { atSec: number })[] = [];
  const session = drive({
    robot,
    contract,
    predictor,
    onCommand: (command) => {
      log.add(command);
      commands.push({ ...command, atSec: Number(fromRosTime(command.header.stamp) - START_NS) / 1e9 });
    },
  });
  const stopSensors = startSensors(robot, faults);
  await clock.runUntil(sec(seconds));
  return { clock, robot, session, commands, sha256: () => log.sha256(), stopSensors };
}

describe("drive", () => {
  it("drives from sensors to commands and tells what they were made from", async () => {
    const { commands, session, robot } = await run(3);
    const last = commands.at(-1)!;
    expect(last.source).toBe(0);
    expect(last.limited_speed_mps).toBeGreaterThan(1);
    expect(last.executed_steering_rad).toBe(0.05);
    expect(last.executed_speed_mps).toBe(0.7);
    expect(last.prediction_seq).toBeGreaterThan(80n);
    expect(last.streams.map((s) => s.stream)).toEqual(["camera", "lidar", "joints", "odometry"]);
    expect(last.streams.every((s) => s.age_ns >= 0n && s.age_ns < 200_000_000n)).toBe(true);
    const health = session.health();
    expect(health.streams.camera).toMatchObject({ received: 91, drops: {} });
    expect(robot.published.filter((p) => p.topic === "/drive")).toHaveLength(commands.length);
  });
});
