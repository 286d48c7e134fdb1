import { describe, expect, it } from "vitest";
import { every } from "./clock.js";
import { virtualClock } from "./virtual-clock.js";
import { wallClock } from "./wall-clock.js";

describe("virtualClock", () => {
  it("runs events in order of time, then of scheduling", async () => {
    const clock = virtualClock(100n);
    const seen: string[] = [];
    clock.at(300n, () => void seen.push("c"));
    clock.at(200n, () => void seen.push("a"));
    clock.at(200n, () => void seen.push("b"));
    clock.at(400n, () => void seen.push("late"));
    await clock.runUntil(300n);
    expect(seen).toEqual(["a", "b", "c"]);
    expect(clock.nowNs()).toBe(300n);
  });

  it("runs an event for the past at the present, never backwards", async () => {
    const clock = virtualClock(500n);
    let at = 0n;
    clock.at(10n, () => {
      at = clock.nowNs();
    });
    await clock.runUntil(600n);
    expect(at).toBe(500n);
    expect(clock.nowNs()).toBe(600n);
  });

  it("stands still until an async task settles", async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    clock.at(1n, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`slow at ${clock.nowNs()}`);
    });
    clock.at(2n, () => void seen.push("next"));
    await clock.runUntil(2n);
    expect(seen).toEqual(["slow at 1", "next"]);
  });

  it("does not run what was cancelled", async () => {
    const clock = virtualClock();
    let ran = false;
    clock.at(1n, () => {
      ran = true;
    })();
    await clock.runUntil(2n);
    expect(ran).toBe(false);
  });

  it("finishes work after its nominal time, whether it resolves or rejects", async () => {
    const clock = virtualClock();
    const seen: unknown[] = [];
    clock.finish(Promise.resolve(7), 30n, (r) => seen.push([clock.nowNs(), r]));
    clock.finish(Promise.reject(new Error("no")), 20n, (r) => seen.push([clock.nowNs(), r.ok]));
    await clock.runUntil(100n);
    expect(seen).toEqual([
      [20n, false],
      [30n, { ok: true, value: 7 }],
    ]);
  });
});

describe("every", () => {
  it("ticks without drift and stops", async () => {
    const clock = virtualClock();
    const ticks: bigint[] = [];
    const stop = every(clock, 20n, 10n, (at) => ticks.push(at));
    await clock.runUntil(70n);
    stop();
    await clock.runUntil(200n);
    expect(ticks).toEqual([10n, 30n, 50n, 70n]);
  });

  it("skips missed periods and keeps the phase", async () => {
    const clock = virtualClock();
    const ticks: bigint[] = [];
    let lateNs = 0n;
    clock.at(19n, () => {
      lateNs = 35n;
    });
    clock.at(21n, () => {
      lateNs = 0n;
    });
    const delayed = { ...clock, nowNs: () => clock.nowNs() + lateNs };
    const stop = every(delayed, 20n, 0n, (at) => ticks.push(at));
    await clock.runUntil(100n);
    stop();
    expect(ticks).toEqual([0n, 55n, 60n, 80n, 100n]);
  });
});

describe("wallClock", () => {
  it("calls no earlier than asked and never goes back", async () => {
    const clock = wallClock();
    const due = clock.nowNs() + 15_000_000n;
    const called = await new Promise<bigint>((resolve) => {
      clock.at(due, () => resolve(clock.nowNs()));
    });
    expect(called).toBeGreaterThanOrEqual(due);
    expect(clock.nowNs()).toBeGreaterThanOrEqual(called);
  });

  it("finishes work when it settles", async () => {
    const clock = wallClock();
    const result = await new Promise((resolve) => clock.finish(Promise.resolve("done"), 10n ** 12n, resolve));
    expect(result).toEqual({ ok: true, value: "done" });
  });
});
