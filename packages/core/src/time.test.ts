import fc from "fast-check";
import { expect, it } from "vitest";
import { fromRosTime, msToNs, nsToMs, nsToSec, secToNs, toRosTime } from "./time.js";

it("round-trips every nanosecond through a ROS time, with 0 ≤ nanosec < 1e9", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 31n) * 1_000_000_000n, max: 2n ** 31n * 1_000_000_000n }), (ns) => {
      const time = toRosTime(ns);
      expect(time.nanosec).toBeGreaterThanOrEqual(0);
      expect(time.nanosec).toBeLessThan(1e9);
      expect(fromRosTime(time)).toBe(ns);
    }),
  );
});

it("converts seconds and milliseconds exactly", () => {
  expect(secToNs(1.5)).toBe(1_500_000_000n);
  expect(msToNs(33.333333)).toBe(33_333_333n);
  expect(nsToSec(2_500_000_000n)).toBe(2.5);
  expect(nsToMs(1_234_567n)).toBe(1.234567);
});
