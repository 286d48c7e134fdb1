import { readFileSync } from "node:fs";
import {
  type Arrival,
  decodeMessage,
  encodeMessage,
  type MessageType,
  parseContract,
  secToNs,
  virtualClock,
  wallClock,
} from "@polypilot/core";
import { createSimulator } from "@polypilot/sim";
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { shipped } from "../repository.js";
import { closedLoop } from "./closed-loop.js";
import { expert } from "./expert.js";
import { faults } from "./faults.js";
import { keysIn, keyWheel } from "./keyboard.js";
import { passTime } from "./pace.js";
import { createTrace } from "./trace.js";

const contract = parseContract(readFileSync(shipped("contracts/sim-car.yaml"), "utf8"));
const never = new AbortController().signal;

describe("closedLoop", () => {
  const run = (seconds: number, signal = never) =>
    closedLoop({ contract, seed: 4, clock: virtualClock(secToNs(1)), seconds, driver: expert({ seed: 4 }), signal });

  it("counts every stream at its rate and follows the car", async () => {
    const { metrics, streams, watch } = await run(3);
    expect(metrics).toMatchObject({ elapsedSec: 3, interventions: 0, autonomy: 1 });
    expect(Math.abs(streams.camera!.received - 90)).toBeLessThanOrEqual(2);
    expect(Math.abs(streams.lidar!.received - 30)).toBeLessThanOrEqual(2);
    expect(watch.moments.at(-1)!.sec).toBeGreaterThan(2.9);
    expect(watch.moments.at(-1)!.executedMps).toBeGreaterThan(0.5);
  });

  it("is sent only messages that a recording holds unchanged", async () => {
    const clock = virtualClock(secToNs(1));
    const simulator = createSimulator({ contract, seed: 4, clock });
    const types = new Map<string, number>();
    for (const { topic, type } of Object.values(contract.streams)) {
      simulator.subscribe(topic, type as MessageType, ({ message }: Arrival) => {
        types.set(type, (types.get(type) ?? 0) + 1);
        expect(decodeMessage(type as MessageType, encodeMessage(type as MessageType, message))).toEqual(message);
      });
    }
    simulator.start();
    await clock.runUntil(secToNs(1.5));
    simulator.stop();
    expect(Math.min(...types.values())).toBeGreaterThan(2);
    expect(types.size).toBe(5);
  });

  it("gives the same commands for the same seed", async () => {
    const [a, b] = [await run(2), await run(2)];
    expect(a.watch.commandsSha256()).toBe(b.watch.commandsSha256());
    expect(a.watch.commands).toBeGreaterThan(50);
  });

  it("ends with a stop when it is interrupted before it has begun", async () => {
    const { metrics, watch } = await run(5, AbortSignal.abort());
    expect(metrics.elapsedSec).toBe(0);
    expect(watch.commands).toBe(1);
  });
});

describe("passTime", () => {
  it("cuts virtual time in slices without moving an event", async () => {
    const clock = virtualClock(0n);
    const seen: bigint[] = [];
    for (const ms of [50n, 100n, 100n, 250n, 251n])
      clock.at(ms * 1_000_000n, () => void seen.push(clock.nowNs() / 1_000_000n));
    await passTime(clock, secToNs(0.25), never);
    expect(seen).toEqual([50n, 100n, 100n, 250n]);
    expect(clock.nowNs()).toBe(secToNs(0.25));
  });

  it("returns at once from wall time when it is aborted, and leaves no timer", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const controller = new AbortController();
    const passed = passTime(wallClock(), undefined, controller.signal);
    controller.abort();
    await expect(passed).resolves.toBeUndefined();
    expect(timers()).toBe(before);
  });
});

const still = {
  ...{ commandedRad: 0, limitedRad: 0, executedRad: 0, commandedMps: 0, limitedMps: 0, executedMps: 0 },
  ...{ laneOffsetM: 0, source: "" },
};

describe("createTrace", () => {
  it("keeps a run of any length evenly and in bounded memory", () => {
    const trace = createTrace(8);
    for (let i = 0; i < 1000; i += 1) {
      trace.add(() => ({ ...still, sec: i }));
      expect(trace.moments.length).toBeLessThan(8);
    }
    const steps = trace.moments.slice(1).map((moment, i) => moment.sec - trace.moments[i]!.sec);
    expect(new Set(steps).size).toBe(1);
    expect(trace.moments[0]!.sec).toBe(0);
    expect(trace.moments.at(-1)!.sec).toBeGreaterThan(700);
  });
});

describe("faults", () => {
  it("reads stream, kind, amount and time", () => {
    expect(faults("camera:silent@5-7,*:drop=0.25,lidar:late=0.1@3-")).toEqual([
      { kind: "silent", stream: "camera", amount: 0, fromSec: 5, toSec: 7 },
      { kind: "drop", stream: "*", amount: 0.25, fromSec: 0, toSec: Number.POSITIVE_INFINITY },
      { kind: "late", stream: "lidar", amount: 0.1, fromSec: 3, toSec: Number.POSITIVE_INFINITY },
    ]);
  });

  it("refuses what is none, and an amount that is missing or no probability", () => {
    for (const text of ["camera", "camera:melt", "camera:late", "camera:drop=2", "camera:drop=0.1@7-5"]) {
      expect(() => faults(text)).toThrow(InvalidArgumentError);
    }
  });
});

describe("keyboard", () => {
  it("tells arrow keys from letters in what a terminal sends", () => {
    expect(keysIn("\x1b[Aw\x1bOD ")).toEqual(["\x1b[A", "w", "\x1bOD", " "]);
  });

  it("steers left for left, keeps within the limits and comes back when the key is let go", () => {
    const wheel = keyWheel(contract);
    wheel.press("a");
    expect(wheel.command.steeringRad).toBeGreaterThan(0);
    for (let i = 0; i < 50; i += 1) wheel.press("\x1b[D");
    expect(wheel.command.steeringRad).toBe(0.45);
    wheel.press("d");
    expect(wheel.command.steeringRad).toBeLessThan(0);
    for (let i = 0; i < 200; i += 1) wheel.pass(0.02);
    expect(wheel.command.steeringRad).toBe(0);
  });

  it("keeps the speed that was set, never above the limit, and brakes at space", () => {
    const wheel = keyWheel(contract);
    for (let i = 0; i < 50; i += 1) wheel.press("w");
    wheel.pass(10);
    expect(wheel.command.speedMps).toBe(2);
    wheel.press(" ");
    expect(wheel.command.speedMps).toBe(0);
    wheel.press("s");
    expect(wheel.command.speedMps).toBe(0);
  });
});
