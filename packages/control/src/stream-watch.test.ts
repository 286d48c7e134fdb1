import { msToNs } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { disproven, letIn, proven, refuseStamp, type StreamWatch } from "./stream-watch.js";
import { testContract } from "./testing/contract.js";

const camera = testContract().streams.camera!; // 30 Hz, at most 200 ms old
const ms = (n: number) => 10_000_000_000n + msToNs(n);

describe("refuseStamp", () => {
  it("names what is wrong with a stamp", () => {
    const watch = { newestNs: ms(0) };
    expect(refuseStamp(camera, {}, ms(0), ms(0))).toBeUndefined();
    expect(refuseStamp(camera, {}, ms(33), ms(0))).toBeUndefined(); // ahead by less than a period: clocks differ a little
    expect(refuseStamp(camera, {}, ms(34), ms(0))).toBe("clock_jump");
    expect(refuseStamp(camera, {}, ms(0), ms(200))).toBeUndefined();
    expect(refuseStamp(camera, {}, ms(0), ms(201))).toBe("late");
    expect(refuseStamp(camera, watch, ms(0), ms(5))).toBe("duplicate");
    expect(refuseStamp(camera, watch, ms(-10), ms(5))).toBe("out_of_order");
    expect(refuseStamp(camera, watch, ms(-201), ms(5))).toBe("clock_jump");
  });

  it("begins anew when this side's own clock jumped back", () => {
    expect(refuseStamp(camera, { newestNs: ms(5000) }, ms(0), ms(1))).toBeUndefined();
  });

  it("lets only rising stamps through that are neither old nor ahead", () => {
    const step = fc.record({ stampMs: fc.integer({ min: -400, max: 100 }), laterMs: fc.integer({ min: 0, max: 80 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowMs = 0;
        let watch: StreamWatch = {};
        for (const { stampMs, laterMs } of steps) {
          nowMs += laterMs;
          const stampNs = ms(nowMs + stampMs);
          if (refuseStamp(camera, watch, stampNs, ms(nowMs))) continue;
          expect(stampMs).toBeGreaterThanOrEqual(-200);
          expect(stampMs).toBeLessThan(34);
          if (watch.newestNs !== undefined) expect(stampNs).toBeGreaterThan(watch.newestNs);
          watch = { newestNs: stampNs };
        }
      }),
      { seed: 7 },
    );
  });
});

describe("messages that are decoded later", () => {
  it("count as usable as soon as they are let in", () => {
    expect(letIn({ newestNs: ms(0), bad: "late" }, ms(33))).toEqual({ newestNs: ms(33), letInNs: ms(33) });
  });

  it("take the newest that was decoded for the newest usable, once one could not be", () => {
    let watch = proven(letIn({}, ms(0)), ms(0));
    watch = letIn(letIn(watch, ms(33)), ms(66));
    watch = disproven(watch, "bad_jpeg");
    expect(watch).toMatchObject({ newestNs: ms(0), bad: "bad_jpeg" });
    watch = letIn(watch, ms(100));
    expect(watch).toMatchObject({ newestNs: ms(0), bad: "bad_jpeg" });
    expect(refuseStamp(camera, watch, ms(100), ms(101))).toBe("duplicate");
    watch = proven(watch, ms(100));
    expect(watch.newestNs).toBe(ms(100));
    expect(watch.bad).toBeUndefined();
    expect(letIn(watch, ms(133)).newestNs).toBe(ms(133));
  });

  it("leave none usable where none was ever decoded", () => {
    const watch = disproven(letIn({}, ms(0)), "bad_jpeg");
    expect(watch).toMatchObject({ bad: "bad_jpeg" });
    expect(watch.newestNs).toBeUndefined();
  });
});
