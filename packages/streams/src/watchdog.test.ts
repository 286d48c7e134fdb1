import { virtualClock } from "@polypilot/core";
import { Subject } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expect, it } from "vitest";
import { schedulerClock } from "./testing/scheduler-clock.js";
import { type WatchdogEvent, watchdog } from "./watchdog.js";

const MS = 1_000_000n;
const fresh: WatchdogEvent = { kind: "fresh" };
const staleSince = (ms: number): WatchdogEvent => ({ kind: "stale", sinceNs: BigInt(ms) * MS });

function marbles(
  test: (helpers: Parameters<Parameters<TestScheduler["run"]>[0]>[0], clock: ReturnType<typeof schedulerClock>) => void,
) {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toStrictEqual(expected));
  scheduler.run((helpers) => test(helpers, schedulerClock(scheduler)));
}

describe("watchdog on a TestScheduler", () => {
  it("says stale once after the time-out, and fresh with the next value", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, clock) => {
      const source = hot("                                       -a-a--------a---|");
      const result = source.pipe(watchdog({ timeoutNs: 5n * MS, clock }));
      expectObservable(result).toBe("                            -f------s---f---|", { f: fresh, s: staleSince(3) });
      expectSubscriptions(source.subscriptions).toBe("           ^---------------!");
    });
  });
  it("says stale, since the subscription, when nothing ever comes", () => {
    marbles(({ hot, expectObservable }, clock) => {
      const result = hot("-------------").pipe(watchdog({ timeoutNs: 5n * MS, clock }));
      expectObservable(result, "--^--------!").toBe("-------s----", { s: staleSince(2) });
    });
  });
  it("says nothing more after unsubscribing", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, clock) => {
      const source = hot("a---------------");
      expectObservable(source.pipe(watchdog({ timeoutNs: 5n * MS, clock })), "^---!").toBe("f", { f: fresh });
      expectSubscriptions(source.subscriptions).toBe("^---!");
    });
  });
});

describe("watchdog on core's virtual clock", () => {
  function start(timeoutMs: number) {
    const clock = virtualClock(0n);
    let timers = 0;
    const counting = {
      ...clock,
      at: (atNs: bigint, task: () => void | Promise<void>) => {
        timers += 1;
        let open = true;
        const close = () => {
          if (open) timers -= 1;
          open = false;
        };
        const cancel = clock.at(atNs, () => {
          close();
          return task();
        });
        return () => {
          close();
          cancel();
        };
      },
    };
    const source = new Subject<number>();
    const events: WatchdogEvent[] = [];
    const subscription = source
      .pipe(watchdog({ timeoutNs: BigInt(timeoutMs) * MS, clock: counting }))
      .subscribe((e) => events.push(e));
    return { clock, source, events, subscription, timers: () => timers };
  }

  it("gives the exact moments, however many values came", async () => {
    const { clock, source, events, timers } = start(100);
    for (let ms = 1; ms <= 1000; ms += 3) clock.at(BigInt(ms) * MS, () => source.next(ms));
    await clock.runUntil(1099n * MS);
    expect(events).toEqual([fresh]);
    expect(timers()).toBe(1); // not one for each value
    await clock.runUntil(1100n * MS);
    expect(events).toEqual([fresh, staleSince(1000)]);
    await clock.runUntil(9999n * MS);
    expect(events.length).toBe(2);
    source.next(0);
    await clock.runUntil(20_000n * MS);
    expect(events.slice(2)).toEqual([fresh, staleSince(9999)]);
  });
  it("leaves no timer behind when unsubscribed or completed", () => {
    for (const end of ["unsubscribe", "complete"] as const) {
      const { source, subscription, timers } = start(100);
      source.next(1);
      expect(timers()).toBe(1);
      if (end === "complete") source.complete();
      else subscription.unsubscribe();
      expect(timers()).toBe(0);
      expect(source.observed).toBe(false);
    }
  });
});
