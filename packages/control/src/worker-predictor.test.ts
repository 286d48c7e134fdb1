import { PolypilotError, virtualClock } from "@polypilot/core";
import { afterEach, describe, expect, it } from "vitest";
import { drive } from "./drive.js";
import { testContract } from "./testing/contract.js";
import { tricks } from "./testing/fake-model.js";
import { testRobot } from "./testing/robot.js";
import { startSensors } from "./testing/sensors.js";
import { type WorkerPredictor, type WorkerPredictorOptions, workerPredictor } from "./worker-predictor.js";

const loader = new URL("../dist/testing/fake-model.js", import.meta.url).href;
/** Times that a busy machine keeps. */
const calm = { checkpoint: "good", backoffNs: 1_000_000n, timeoutNs: 30_000_000_000n };
const open: WorkerPredictor[] = [];
afterEach(async () => {
  for (const predictor of open.splice(0)) await predictor.close();
});

async function start(more: Partial<WorkerPredictorOptions> = {}): Promise<WorkerPredictor> {
  const predictor = await workerPredictor({ ...calm, loader, ...more });
  open.push(predictor);
  return predictor;
}

/** A question: the joints' number, and the lidar's, which may be a trick. */
function ask(predictor: WorkerPredictor, joints: number, lidar = 8) {
  return predictor.predict({
    camera: new Uint8Array(64),
    lidar: new Float32Array(4).fill(lidar),
    joints: Float32Array.of(joints),
  });
}

const mean = async (answer: ReturnType<typeof ask>) => (await answer).steering!.mean[0];

describe("workerPredictor", () => {
  it("answers as the model in it does, and leaves the features as they were", async () => {
    const predictor = await start({ runtime: "wasm" });
    expect(predictor).toMatchObject({ inputs: { lidar: [4] }, heads: ["steering"], runtime: "wasm" });
    const joints = Float32Array.of(3);
    const features = { camera: new Uint8Array(64), lidar: new Float32Array(4).fill(8), joints };
    expect(await mean(predictor.predict(features))).toBeCloseTo(0.03, 12);
    expect(joints).toEqual(Float32Array.of(3));
    const answers = await Promise.all([1, 2, 3, 4].map((n) => mean(ask(predictor, n))));
    expect(answers.map((a) => Math.round(a! * 100))).toEqual([1, 2, 3, 4]);
  });

  it("says what the loader says when the model cannot be loaded", async () => {
    await expect(start({ checkpoint: "broken" })).rejects.toThrow(
      new PolypilotError("CONTROL_WORKER", ["mtl", "checkpoint"], {
        expected: "a checkpoint is there",
        found: "nothing",
        todo: "Train one",
      }),
    );
  });

  it("rejects what a killed worker was asked, and restarts it", async () => {
    const predictor = await start();
    const pending = [ask(predictor, 1, tricks.exit), ask(predictor, 2)].map((p) => p.catch((e: Error) => e.message));
    expect(await Promise.all(pending)).toEqual(Array(2).fill("the worker ended with exit code 3"));
    expect(await mean(ask(predictor, 5))).toBeCloseTo(0.05, 12);
    expect(predictor.restarts).toBe(1);
  });

  it("ends a worker that hangs, at the time-out on its clock, and restarts it", async () => {
    const clock = virtualClock();
    const predictor = await start({ clock, timeoutNs: 500_000_000n });
    const answer = ask(predictor, 1, tricks.hang).catch((e: Error) => e.message);
    await Promise.resolve();
    let settled = false;
    void answer.then(() => {
      settled = true;
    });
    await clock.runUntil(499_999_999n);
    expect(settled).toBe(false);
    await clock.runUntil(500_000_000n);
    expect(await answer).toBe("the worker did not answer in time");
    const next = ask(predictor, 5);
    await clock.runUntil(501_000_000n); // the wait before the restart
    expect(await mean(next)).toBeCloseTo(0.05, 12);
  });

  it("passes on that the model threw, and keeps its worker", async () => {
    const predictor = await start();
    await expect(ask(predictor, 1, tricks.fail)).rejects.toThrow("the model failed");
    expect(await mean(ask(predictor, 5))).toBeCloseTo(0.05, 12);
    expect(predictor.restarts).toBe(0);
  });

  it("gives up after so many failures in a row, says why, and tries again when told", async () => {
    const predictor = await start({ maxRestarts: 2 });
    for (let death = 0; death < 3; death += 1) await ask(predictor, 1, tricks.exit).catch(() => {});
    await expect(ask(predictor, 5)).rejects.toThrow(
      "[control] [model worker] the model's worker runs. Found 3 failures in a row, the last one: the worker ended with exit code 3. Find out why it fails, then resume.",
    );
    predictor.resume();
    expect(await mean(ask(predictor, 5))).toBeCloseTo(0.05, 12);
  });

  it("rejects what is asked of it after it was closed", async () => {
    const predictor = await start();
    await predictor.close();
    await expect(ask(predictor, 1)).rejects.toThrow("the worker was closed");
  });

  it("makes a drive stop for a dead, hanging or throwing worker, and drive on after three good answers", async () => {
    for (const trick of [tricks.exit, tricks.hang, tricks.fail]) {
      const predictor = await start({ timeoutNs: 1_000_000_000n });
      const clock = virtualClock(1_000_000_000_000n);
      const robot = testRobot(clock);
      const seen: { reason: string; speed: number; source: number }[] = [];
      const session = drive({
        robot,
        contract: testContract(),
        predictor,
        onCommand: (c) => seen.push({ reason: c.reason, speed: c.limited_speed_mps, source: c.source }),
      });
      let tricked = false;
      startSensors(robot, {
        lidar: (scan, atNs) => {
          if (tricked || atNs < 1_001_500_000_000n) return [scan];
          tricked = true;
          return [{ ...scan, ranges: scan.ranges.map(() => trick) }];
        },
      });
      await clock.runUntil(1_003_500_000_000n);
      await session.stop();
      const first = seen.findIndex((c) => c.reason === "worker");
      const last = seen.findLastIndex((c) => c.reason === "worker");
      expect(first).toBeGreaterThan(0);
      expect(seen[first - 1]!.source).toBe(0);
      expect(seen[first]!.speed).toBeLessThan(seen[first - 1]!.speed);
      expect(seen[last + 1]!.reason).toBe("recovering");
      expect(seen.at(-2)).toMatchObject({ source: 0, reason: "" });
      expect(seen.at(-1)).toMatchObject({ source: 1, reason: "stopped", speed: 0 });
      expect(session.health().predictionErrors).toBeGreaterThan(0);
    }
  });

  it("makes a drive stay stopped when it gives up, with the reason, and try again when resumed", async () => {
    const predictor = await start({ checkpoint: "mortal", maxRestarts: 2 });
    const clock = virtualClock(1_000_000_000_000n);
    const robot = testRobot(clock);
    const session = drive({ robot, contract: testContract(), predictor });
    startSensors(robot);
    await clock.runUntil(1_002_000_000_000n);
    const before = session.health();
    expect(before).toMatchObject({ predictions: 9, state: { source: "safety", reason: "worker" } });
    expect(before.lastError).toContain("3 failures in a row, the last one: the worker ended with exit code 7");
    session.resume();
    await clock.runUntil(1_004_000_000_000n);
    expect(session.health().predictions).toBe(18);
    await session.stop();
  });
});
