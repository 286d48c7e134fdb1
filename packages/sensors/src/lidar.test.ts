import { type LaserScan, PolypilotError, type RangesFeature } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFeature, featureSpec } from "./decode-feature.js";
import { describeSensor } from "./testing/describe-sensor.js";
import { scan } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const TYPE = "sensor_msgs/msg/LaserScan";
const feature = { kind: "ranges", unit: "m", range: [0.2, 8], beams: 4, field_of_view: [-1, 1] };
const stream = streamWith(TYPE, feature);
const good = scan(-0.875, 0.25, [1, 2, 3, 4, 5, 6, 7, 7.5]); // two beams in each of four sectors
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describeSensor("lidar", {
  stream,
  message: good,
  refused: {
    "a scan without beams": { message: { ...good, ranges: new Float32Array(0) }, reason: "short_data" },
    "beams that do not turn": { message: { ...good, angle_increment: 0 }, reason: "bad_scan" },
    "an angle that is no number": { message: { ...good, angle_min: nan }, reason: "bad_scan" },
    "limits the wrong way round": { message: { ...good, range_min: 5, range_max: 1 }, reason: "bad_scan" },
    "beams behind the robot only": { message: scan(2, 0.1, [1, 1, 1]), reason: "out_of_view" },
    "NaN in every beam": { message: scan(-0.875, 0.25, new Array(8).fill(nan)), reason: "all_invalid" },
    "beams too short to be true": {
      message: scan(-0.875, 0.25, [nan, -1, 0, 0.05, 0.09, -0.001, nan, 0]),
      reason: "all_invalid",
    },
  },
});

function sectors(message: LaserScan, options: object = {}) {
  const result = decodeFeature(streamWith(TYPE, { ...feature, ...options }), message);
  if (!result.ok) throw new Error(result.reason);
  return { ranges: [...result.feature.data], warnings: result.warnings };
}

describe("lidar", () => {
  it("gives each sector's nearest return, the right-hand sector first", () => {
    expect(sectors(good)).toEqual({ ranges: [1, 3, 5, 7], warnings: undefined });
  });
  it("clips to the contract's range, and takes inf and what lies beyond the scan's range for free space", () => {
    const { ranges, warnings } = sectors(scan(-0.875, 0.25, [0.15, 9, inf, inf, 9.5, 9.5, 11, 50]));
    expect(ranges).toEqual([Math.fround(0.2), 8, 8, 8]);
    expect(warnings).toBeUndefined();
    const short = { ...scan(-0.875, 0.25, [6, 6, 6, 4, 6, 6, 6, 6]), range_max: 5 };
    expect(sectors(short).ranges).toEqual([8, 4, 8, 8]);
  });
  it("takes −inf for something too near to measure", () => {
    expect(sectors(scan(-0.875, 0.25, [-inf, 3, 3, 3, 3, 3, 3, 3])).ranges).toEqual([Math.fround(0.2), 3, 3, 3]);
  });
  it("ignores and counts NaN, negative and too short distances", () => {
    const { ranges, warnings } = sectors(scan(-0.875, 0.25, [nan, 2, -1, 3, 0.05, 4, nan, nan]));
    expect(ranges).toEqual([2, 3, 4, 8]);
    expect(warnings).toEqual({ nan: 3, below_min: 2 });
  });
  it("says the end of the range where no beam lies, and counts those sectors", () => {
    expect(sectors(scan(-0.875, 0.5, [1, 2]))).toEqual({ ranges: [1, 2, 8, 8], warnings: { empty_sector: 2 } });
  });
  it("counts nothing outside the field of view", () => {
    const wide = scan(
      -3.125,
      0.25,
      Array.from({ length: 26 }, (_, i) => (i < 9 || i > 16 ? nan : i)),
    );
    expect(sectors(wide).warnings).toBeUndefined();
  });
  it("takes in beams at both ends of the field of view, although scans' angles are single precision", () => {
    const ends = Math.fround(1.5708);
    const { ranges } = sectors(scan(-ends, Math.fround(Math.PI / 2), [1, 2, 3]), {
      beams: 3,
      field_of_view: [-1.5708, 1.5708],
    });
    expect(ranges).toEqual([1, 2, 3]);
  });
  it("gives the same whichever way the scan turns and wherever it begins", () => {
    const beams = fc.array(fc.double({ min: 0.2, max: 9, noNaN: true }), { minLength: 36, maxLength: 36 });
    fc.assert(
      fc.property(beams, fc.nat(35), (ranges, shift) => {
        const step = Math.PI / 18;
        const first = -Math.PI + step / 2;
        const around = { beams: 12, field_of_view: [-3.14, 3.14] };
        const forward = sectors(scan(first, step, ranges), around).ranges;
        expect(sectors(scan(first + 35 * step, -step, [...ranges].reverse()), around).ranges).toEqual(forward);
        const turned = [...ranges.slice(shift), ...ranges.slice(0, shift)];
        expect(sectors(scan(first + shift * step, step, turned), around).ranges).toEqual(forward);
        expect(sectors(scan(first - 2 * Math.PI, step, ranges), around).ranges).toEqual(forward);
      }),
    );
  });
  it("sees behind the robot with a field of view across ±π", () => {
    const { ranges } = sectors(scan(0, Math.PI / 4, [1, 2, 3, 4, 5, 6, 7, 7.5]), { beams: 2, field_of_view: [2, 4.3] });
    expect(ranges).toEqual([4, 6]); // 2.36 and 3.14 lie before the middle, 3.15; 3.93 behind it; 4.71 outside
  });
  it("follows a lidar that changes its angles", () => {
    const lidar = streamWith(TYPE, feature);
    const numbers = (message: LaserScan) => {
      const result = decodeFeature(lidar, message);
      return result.ok && [...result.feature.data];
    };
    expect(numbers(good)).toEqual([1, 3, 5, 7]);
    expect(numbers(scan(0.875, -0.25, [1, 2, 3, 4, 5, 6, 7, 7.5]))).toEqual([7, 5, 3, 1]);
    expect(numbers(scan(-0.9, 0.5, [1, 2, 3, 4]))).toEqual([1, 2, 3, 4]);
    expect(numbers(good)).toEqual([1, 3, 5, 7]);
  });
  it("refuses a field of view of more than a turn, as in degrees", () => {
    const degrees = { ...stream.feature, field_of_view: [-90, 90] } as RangesFeature;
    expect(() => featureSpec(degrees)).toThrow(PolypilotError);
  });
});
