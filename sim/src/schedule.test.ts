import { type Clock, virtualClock, wallClock } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { repeat } from "./schedule.js";

describe("repeat", () => {
  it("ticks without drift at a rate that is no whole number of nanoseconds", async () => {
    const clock = virtualClock();
    const times: bigint[] = [];
    repeat(clock, 5n, 30, (atNs) => times.push(atNs));
    await clock.runUntil(10_000_000_005n);
    expect(times.length).toBe(301);
    expect(times[1]).toBe(33_333_338n);
    expect(times[300]).toBe(10_000_000_005n);
  });

  it("gives nominal times when it is called late, and skips periods that went by", () => {
    let now = 0n;
    let next: { atNs: bigint; task: () => void } | undefined;
    const clock: Clock = {
      nowNs: () => now,
      at: (atNs, task) => {
        next = { atNs, task: () => void task() };
        return () => {
          next = undefined;
        };
      },
      finish: () => {},
    };
    const ticks: [bigint, number][] = [];
    const stop = repeat(clock, 0n, 10, (atNs, index) => ticks.push([atNs, index]));
    for (const lateNs of [1_000_000n, 30_000_000n, 350_000_000n, 0n]) {
      now = next!.atNs + lateNs;
      next!.task();
    }
    expect(ticks).toEqual([
      [0n, 0],
      [100_000_000n, 1],
      [500_000_000n, 5],
      [600_000_000n, 6],
    ]);
    stop();
    expect(next).toBeUndefined();
  });

  it("stops on the wall's clock too", async () => {
    let count = 0;
    const clock = wallClock();
    await new Promise<void>((done) => {
      const stop = repeat(clock, clock.nowNs(), 200, () => {
        count += 1;
        if (count < 5) return;
        stop();
        done();
      });
    });
    await new Promise((done) => clock.at(clock.nowNs() + 30_000_000n, () => done(undefined)));
    expect(count).toBe(5);
  });
});
