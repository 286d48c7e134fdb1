import {
  type Clock,
  type Command,
  type Contract,
  fromRosTime,
  type Prediction,
  type Predictor,
  virtualClock,
} from "@polypilot/core";
import { commandLog } from "../command-log.js";
import { type DriveSession, drive } from "../drive.js";
import { testContract } from "./contract.js";
import { testPredictor } from "./predictor.js";
import { type TestRobot, testRobot } from "./robot.js";
import { type SensorFaults, startSensors } from "./sensors.js";

/** Time at which test runs start. */
export const START_NS = 1_000_000_000_000n;

/** `seconds` after the start. */
export const at = (seconds: number) => START_NS + BigInt(Math.round(seconds * 1e9));

/** One command with its time in seconds since the start. */
export type TimedCommand = Command & { readonly atSec: number };

export interface DriveRun {
  readonly robot: TestRobot;
  readonly session: DriveSession;
  readonly commands: readonly TimedCommand[];
  readonly predictions: readonly Prediction[];
  readonly sha256: () => string;
  readonly stopSensors: () => void;
}

export interface DriveRunOptions {
  readonly faults?: SensorFaults;
  readonly predictor?: Predictor;
  readonly contract?: Contract;
  /** Wraps the run's clock, to make it less regular. */
  readonly clock?: (virtual: Clock) => Clock;
}

/** Drives the test robot for so many seconds of virtual time. */
export async function driveRun(seconds: number, options: DriveRunOptions = {}): Promise<DriveRun> {
  const { faults, predictor = wavingPredictor(), contract = testContract() } = options;
  const clock = virtualClock(START_NS);
  const robot = testRobot(options.clock?.(clock) ?? clock);
  const log = commandLog();
  const commands: TimedCommand[] = [];
  const predictions: Prediction[] = [];
  const session = drive({
    robot,
    contract,
    predictor,
    onCommand: (command) => {
      log.add(command);
      commands.push({ ...command, atSec: Number(fromRosTime(command.header.stamp) - START_NS) / 1e9 });
    },
    onPrediction: (prediction) => predictions.push(prediction),
  });
  const stopSensors = startSensors(robot, faults);
  await clock.runUntil(at(seconds));
  return { robot, session, commands, predictions, sha256: () => log.sha256(), stopSensors };
}

/** Steers in waves that depend on the camera's and the lidar's first numbers too. */
export function wavingPredictor() {
  return testPredictor((call, { camera, lidar }) => [
    0.3 * Math.sin(call / 10) + camera![0]! / 1e5 + lidar![0]! / 1e4,
    0.02 + (call % 7) / 50,
  ]);
}
