import {
  type Clock,
  type Image,
  type JointState,
  type LaserScan,
  type Predictor,
  toRosTime,
  virtualClock,
} from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { drive } from "./drive.js";
import { testContract } from "./testing/contract.js";
import { at, driveRun, START_NS, type TimedCommand } from "./testing/drive-run.js";
import { changed, silent } from "./testing/faults.js";
import { testPredictor } from "./testing/predictor.js";
import { testRobot } from "./testing/robot.js";
import { type Fault, image, startSensors } from "./testing/sensors.js";

const steady = () => testPredictor(() => [0.1, 0.02]);
const SAFETY = 2;

const restamped = (message: Image, stampNs: bigint): Image => ({
  ...message,
  header: { ...message.header, stamp: toRosTime(stampNs) },
});

/** The first command of the safety gate after the robot drove, and when the speed was 0. */
function stopOf(commands: readonly TimedCommand[]) {
  const driving = commands.findIndex((c) => c.source === 0);
  const first = commands.findIndex((c, i) => i > driving && c.source === SAFETY);
  const stopped = commands.findIndex((c, i) => i > first && c.limited_speed_mps === 0);
  return {
    atSec: commands[first]?.atSec ?? NaN,
    reason: commands[first]?.reason,
    before: commands[first - 1],
    brakingSec: (commands[stopped]?.atSec ?? NaN) - (commands[first]?.atSec ?? NaN),
  };
}

describe("drive with faults", () => {
  it("stops for a camera that falls silent, within its maximum age and one period", async () => {
    const { commands } = await driveRun(4, { predictor: steady(), faults: { camera: silent(1.99) } });
    const stop = stopOf(commands);
    const lastImageSec = 59 * 0.033333333;
    expect(stop.reason).toBe("stale:camera");
    expect(stop.atSec).toBeCloseTo(2.18, 9); // the first tick later than 1.9667 + 0.2 s
    expect(stop.atSec).toBeLessThanOrEqual(lastImageSec + 0.2 + 0.02);
    expect(stop.before!.limited_speed_mps).toBe(1.4);
    expect(stop.brakingSec).toBeLessThanOrEqual(1.4 / 3 + 3 / 60 + 0.06);
    expect(commands.at(-1)).toMatchObject({ limited_speed_mps: 0, limited_steering_rad: 0.1, source: SAFETY });
  });

  it("stops for a silent lidar although images go on, and drives on when it is back", async () => {
    const { commands, session } = await driveRun(6, { predictor: steady(), faults: { lidar: silent(2, 3.5) } });
    const stop = stopOf(commands);
    expect(stop.reason).toBe("stale:lidar");
    expect(stop.atSec).toBeCloseTo(2.32, 9); // the last scan at 1.9 s, fresh until 2.3 s
    const back = commands.find((c) => c.atSec > 3 && c.source === 0)!;
    expect(back.atSec).toBeGreaterThan(3.5 + 0.1);
    expect(back.atSec).toBeLessThan(3.5 + 0.2);
    expect(commands.at(-1)).toMatchObject({ source: 0, limited_speed_mps: 1.4, reason: "" });
    expect(session.health().streams.camera!.drops.no_lidar).toBeGreaterThan(10);
  });

  it("does not start without one of its streams", async () => {
    const { commands } = await driveRun(1, { faults: { joints: silent(0) } });
    expect(new Set(commands.map((c) => c.limited_speed_mps))).toEqual(new Set([0]));
    expect(commands.at(-1)!.reason).toBe("missing:joints");
  });

  it("stops for images of another size than the contract's, and names that", async () => {
    const wrong = changed<Image>(1.99, 9, (_, atNs) => [image(atNs, 20, 15)]);
    const { commands, session } = await driveRun(3, { predictor: steady(), faults: { camera: wrong } });
    expect(stopOf(commands)).toMatchObject({ reason: "wrong_size:camera", atSec: 2.18 });
    expect(session.health().streams.camera!.drops).toEqual({ wrong_size: 31 });
    const once = changed<Image>(1.99, 2.05, (_, atNs) => [image(atNs, 20, 15)]);
    const { commands: others } = await driveRun(3, { predictor: steady(), faults: { camera: once } });
    expect(stopOf(others).reason).toBeUndefined();
  });

  it("counts duplicated, out-of-order and late messages and drives on", async () => {
    const camera = changed<Image>(1, 3, (m, atNs) => [
      m,
      m,
      restamped(m, atNs - 40_000_000n),
      restamped(m, atNs - 199_000_000n),
    ]);
    const lateJoints: Fault<JointState> = (m, atNs) =>
      atNs === at(1.5) ? [{ ...m, header: { ...m.header, stamp: toRosTime(atNs - 201_000_000n) } }] : [m];
    const { commands, session } = await driveRun(3, { predictor: steady(), faults: { camera, joints: lateJoints } });
    expect(stopOf(commands).reason).toBeUndefined();
    expect(session.health().streams.camera!.drops).toEqual({ duplicate: 60, out_of_order: 120 });
    const drops = session.health().streams.joints!.drops;
    expect((drops.late ?? 0) + (drops.out_of_order ?? 0) + (drops.clock_jump ?? 0)).toBe(1);
  });

  it("stops for a camera that sends one image again and again", async () => {
    const stuck = changed<Image>(1.99, 9, (m) => [restamped(m, at(1.95))]);
    const { commands } = await driveRun(3, { predictor: steady(), faults: { camera: stuck } });
    expect(stopOf(commands).reason).toBe("stale:camera");
  });

  it("stops for a camera whose picture is frozen while its stamps go on, until it shows another", async () => {
    const frozen = changed<Image>(1.99, 4, (m) => [{ ...m, data: image(at(1.99)).data }]);
    const { commands, session } = await driveRun(6, { predictor: steady(), faults: { camera: frozen } });
    const stop = stopOf(commands);
    expect(stop.reason).toBe("stuck:camera");
    expect(stop.atSec).toBeCloseTo(2.2, 9); // the first of them, just before 2 s, was a new picture
    expect(commands.every((c) => c.source === SAFETY || c.atSec < 2.2 || c.atSec > 4.1)).toBe(true);
    expect(commands.at(-1)).toMatchObject({ source: 0, limited_speed_mps: 1.4 });
    expect(session.health().streams.camera!.drops).toEqual({ stuck: 60 });
  });

  it("takes equal pictures for granted while the robot stands, and for a second after", async () => {
    const still: Fault<Image> = (m, atNs) => (atNs < at(1) ? [{ ...m, data: image(START_NS).data }] : [m]);
    const { commands, session } = await driveRun(3, { predictor: steady(), faults: { camera: still } });
    expect(stopOf(commands).reason).toBeUndefined();
    expect(session.health().streams.camera!.drops).toEqual({});
  });

  it("stops when a stream's clock jumps ahead or back, and drives on when it is right again", async () => {
    for (const jumpNs of [5_000_000_000n, -5_000_000_000n]) {
      const camera = changed<Image>(1.99, 2.99, (m, atNs) => [restamped(m, atNs + jumpNs)]);
      const { commands, session } = await driveRun(5, { predictor: steady(), faults: { camera } });
      expect(stopOf(commands)).toMatchObject({ reason: "clock_jump:camera", atSec: 2.18 });
      expect(commands.at(-1)).toMatchObject({ source: 0, limited_speed_mps: 1.4 });
      expect(session.health().streams.camera!.drops.clock_jump).toBe(30);
    }
  });

  it("refuses NaN and infinite predictions, counts them, and drives on after good ones", async () => {
    const bad = [NaN, Infinity, -Infinity];
    const predictor = testPredictor((call) => [call >= 50 && call < 53 ? bad[call - 50]! : 0.1, 0.02]);
    const { commands, session } = await driveRun(4, { predictor });
    expect(stopOf(commands).reason).toBe("nan");
    expect(session.health().refused).toBe(3);
    expect(commands.every((c) => Number.isFinite(c.limited_steering_rad + c.limited_speed_mps))).toBe(true);
    expect(commands.at(-1)).toMatchObject({ source: 0, limited_speed_mps: 1.4 });
    const sigma = testPredictor((call) => [0.1, call < 50 ? 0.02 : NaN]);
    expect(stopOf((await driveRun(3, { predictor: sigma })).commands).reason).toBe("nan");
  });

  it("slows for an unsure model and stops for a very unsure one", async () => {
    const unsure = (sigma: number) => driveRun(3, { predictor: testPredictor(() => [0, sigma]) });
    expect((await unsure(0.235)).commands.at(-1)!.limited_speed_mps).toBeCloseTo(0.7, 9);
    expect((await unsure(0.36)).commands.at(-1)).toMatchObject({ limited_speed_mps: 0, reason: "sigma" });
  });

  it("takes a lidar with NaN, inf and negative ranges, and counts them", async () => {
    const odd: Fault<LaserScan> = (scan) => {
      const ranges = scan.ranges.slice();
      ranges.set([NaN, Infinity, -1]);
      return [{ ...scan, ranges }];
    };
    const { commands, session } = await driveRun(2, { predictor: steady(), faults: { lidar: odd } });
    expect(commands.at(-1)).toMatchObject({ source: 0, reason: "" });
    const { warnings, drops } = session.health().streams.lidar!;
    expect(Object.values(warnings).reduce((a, b) => a + b, 0)).toBeGreaterThan(20);
    expect(drops).toEqual({});
  });

  it("drops and counts images that come while the model works", async () => {
    const clock = virtualClock(START_NS);
    const robot = testRobot(clock);
    const session = drive({ robot, contract: testContract(), predictor: steady(), nominalLatencyNs: 80_000_000n });
    startSensors(robot);
    await clock.runUntil(at(3));
    const { predictions, streams, latencyMs } = session.health();
    expect(predictions).toBeLessThanOrEqual(31); // two of three images find the model busy
    expect(streams.camera!.drops.busy! + predictions).toBeGreaterThanOrEqual(90);
    expect(latencyMs.p99).toBe(80);
  });

  it("stops when the model fails for good", async () => {
    const predictor = steady();
    const predict = predictor.predict;
    let calls = 0;
    predictor.predict = (features) => {
      calls += 1;
      return calls < 40 ? predict(features) : Promise.reject(new Error("gone"));
    };
    const { commands, predictions } = await driveRun(3, { predictor });
    expect(stopOf(commands).reason).toBe("worker");
    expect(predictions.at(-1)!.error).toBe("gone");
    expect(commands.at(-1)).toMatchObject({ source: SAFETY, limited_speed_mps: 0 });
  });

  it("stops when the model never answers, since its last prediction grows old", async () => {
    let calls = 0;
    const predictor = steady();
    const predict = predictor.predict;
    const hanging: Predictor = {
      ...predictor,
      predict: (features) => {
        calls += 1;
        return calls < 40 ? predict(features) : new Promise(() => {});
      },
    };
    // As on the wall's clock, nothing waits for work that does not end.
    const impatient = (virtual: Clock): Clock => ({
      ...virtual,
      finish: (work, nominalNs, done) => calls < 40 && virtual.finish(work, nominalNs, done),
    });
    const { commands, session } = await driveRun(3, { predictor: hanging, clock: impatient });
    expect(stopOf(commands).reason).toBe("stale:prediction");
    expect(commands.at(-1)).toMatchObject({ source: SAFETY, limited_speed_mps: 0 });
    expect(session.health().streams.camera!.drops.busy).toBeGreaterThan(40);
  });
});
