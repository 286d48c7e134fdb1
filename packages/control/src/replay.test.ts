import {
  type Clock,
  decodeMessage,
  encodeMessage,
  type MessageType,
  type Prediction,
  random,
  virtualClock,
  wallClock,
} from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { commandLog } from "./command-log.js";
import { drive } from "./drive.js";
import { driveRecording } from "./drive-recording.js";
import { type ReplayMessage, replay } from "./replay.js";
import { testContract } from "./testing/contract.js";
import { type DriveRun, driveRun, START_NS, wavingPredictor } from "./testing/drive-run.js";
import { testPredictor } from "./testing/predictor.js";
import { testRobot } from "./testing/robot.js";
import { startSensors } from "./testing/sensors.js";

const contract = testContract();

/** What a recorder would have written and a reader would read again: every message through its bytes. */
async function* recordingOf(
  run: Pick<DriveRun, "robot">,
  keep = (_: ReplayMessage) => true,
): AsyncGenerator<ReplayMessage> {
  for (const record of run.robot.recorded) {
    const message = decodeMessage(
      record.type as MessageType,
      encodeMessage(record.type as MessageType, record.message),
    );
    if (keep(record)) yield { ...record, message };
  }
}

/** A clock whose timers and inferences take irregular times. */
function jittered(virtual: Clock): Clock {
  const chance = random(11);
  const late = (ms: number) => BigInt(Math.round(chance.uniform() * ms * 1e6));
  return {
    nowNs: () => virtual.nowNs(),
    at: (atNs, task) => virtual.at(atNs + late(9), task),
    finish: (work, nominalNs, done) => virtual.finish(work, nominalNs + late(70), done),
  };
}

describe("replay", () => {
  it("gives the same bytes again for a run in virtual time", async () => {
    const run = await driveRun(4);
    await run.session.stop();
    const result = await replay({ recording: recordingOf(run), contract, predictor: wavingPredictor() });
    expect(result.firstMismatch).toBe("");
    expect(result).toMatchObject({ mismatches: { predictions: 0, commands: 0 }, commands: run.commands.length });
    expect(result.predictions).toBe(run.predictions.length);
    expect(result.commandsSha256).toEqual({ recorded: run.sha256(), replayed: run.sha256() });
  });

  it("gives the same bytes again when ticks and inferences came at irregular times, with faults on the way", async () => {
    const predictor = testPredictor((call) => {
      if (call % 40 === 39) throw new Error(`tired of ${call}`);
      return [Math.sin(call / 5), call % 31 === 30 ? NaN : 0.05];
    });
    const again = () => testPredictor((call) => [Math.sin(call / 5), call % 31 === 30 ? NaN : 0.05]);
    const chance = random(5);
    const lossy = <M>(message: M) =>
      chance.uniform() < 0.3 ? [] : chance.uniform() < 0.2 ? [message, message] : [message];
    const faults = { camera: lossy, lidar: lossy, joints: lossy };
    const run = await driveRun(8, { predictor, clock: jittered, faults });
    expect(new Set(run.commands.map((c) => c.source)).size).toBe(2);
    expect(run.session.health().streams.camera!.drops.busy).toBeGreaterThan(5);
    const result = await replay({ recording: recordingOf(run), contract, predictor: again() });
    expect(result.firstMismatch).toBe("");
    expect(result.commandsSha256).toEqual({ recorded: run.sha256(), replayed: run.sha256() });
  });

  it("gives the same bytes again for a run on the wall's clock", async () => {
    const clock = wallClock();
    const robot = testRobot(clock);
    const log = commandLog();
    const stopSensors = startSensors(robot);
    const session = drive({ robot, contract, predictor: wavingPredictor(), onCommand: (c) => log.add(c) });
    await new Promise<void>((resolve) => clock.at(clock.nowNs() + 700_000_000n, resolve));
    await session.stop();
    stopSensors();
    const result = await replay({ recording: recordingOf({ robot }), contract, predictor: wavingPredictor() });
    expect(result.firstMismatch).toBe("");
    expect(result.predictions).toBeGreaterThan(3);
    expect(result.commandsSha256).toEqual({ recorded: log.sha256(), replayed: log.sha256() });
  });

  it("tells where another model, or a changed recording, comes out differently", async () => {
    const run = await driveRun(2);
    const other = testPredictor(() => [0.1, 0.02]);
    const result = await replay({ recording: recordingOf(run), contract, predictor: other });
    expect(result.mismatches.predictions).toBe(run.predictions.length);
    expect(result.mismatches.commands).toBeGreaterThan(30);
    expect(result.firstMismatch).toMatch(/^prediction 1: recorded .* made anew /);
    expect(result.commandsSha256.replayed).not.toBe(result.commandsSha256.recorded);
    const lost = recordingOf(
      run,
      (r) => !(r.topic === "/polypilot/prediction" && (r.message as Prediction).seq === 9n),
    );
    const cut = await replay({ recording: lost, contract, predictor: wavingPredictor() });
    expect(cut.mismatches.commands).toBeGreaterThan(0);
  });

  it("follows a second drive in the same recording, and ignores what came before the first", async () => {
    const clock = virtualClock(START_NS);
    const robot = testRobot(clock);
    startSensors(robot);
    const log = commandLog();
    const predictor = testPredictor(() => [0.2, 0.02]);
    for (const _ of [1, 2]) {
      await clock.runUntil(clock.nowNs() + 300_000_000n);
      const session = drive({ robot, contract, predictor, onCommand: (c) => log.add(c) });
      await clock.runUntil(clock.nowNs() + 700_000_000n);
      await session.stop();
    }
    const result = await replay({ recording: recordingOf({ robot }), contract, predictor });
    expect(result.firstMismatch).toBe("");
    expect(result.commandsSha256).toEqual({ recorded: log.sha256(), replayed: log.sha256() });
  });

  it("refuses a recording without commands", async () => {
    const run = await driveRun(1);
    const sensorsOnly = recordingOf(run, (r) => !r.topic.startsWith("/polypilot"));
    await expect(replay({ recording: sensorsOnly, contract, predictor: wavingPredictor() })).rejects.toThrow(
      "[control] [replay] the recording holds a drive's commands on /polypilot/command. Found none.",
    );
  });
});

describe("driveRecording", () => {
  it("drives on the sensor messages of a recording that holds no drive, the same every time", async () => {
    const run = await driveRun(3);
    const once = () =>
      driveRecording({
        recording: recordingOf(run, (r) => !r.topic.startsWith("/polypilot")),
        contract,
        predictor: wavingPredictor(),
      });
    const [first, second] = [await once(), await once()];
    expect(first.commandsSha256).toBe(second.commandsSha256);
    expect(first.health.predictions).toBe(run.session.health().predictions + 1); // the last one is waited for
    expect(first.arrivals).toBe(run.robot.recorded.length - run.robot.published.length);
    expect(first.health.state).toMatchObject({ source: "policy" });
  });
});
