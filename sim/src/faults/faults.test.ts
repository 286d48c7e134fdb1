import type { Image, JointState, LaserScan, MessageType, MessageTypes } from "@polypilot/core";
import { fromRosTime } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { simContract } from "../contract.fixture.js";
import type { Fault } from "./fault.js";
import { injector } from "./injector.js";
import { parseFaults } from "./parse-faults.js";

const contract = simContract();
const MS = 1_000_000n;
const scan = (n: number): LaserScan => ({
  header: { stamp: { sec: 0, nanosec: n }, frame_id: "laser" },
  angle_min: 0,
  angle_max: 1,
  angle_increment: 0.1,
  time_increment: 0,
  scan_time: 0.1,
  range_min: 0,
  range_max: 8,
  ranges: Float32Array.from({ length: 11 }, () => n + 1),
  intensities: new Float32Array(0),
});
const image: Image = {
  header: { stamp: { sec: 0, nanosec: 0 }, frame_id: "" },
  height: 4,
  width: 8,
  encoding: "rgb8",
  is_bigendian: 0,
  step: 24,
  data: new Uint8Array(96).fill(7),
};

function run<K extends MessageType>(
  faults: readonly Fault[],
  type: K,
  message: (n: number) => MessageTypes[K],
  count = 100,
  seed = 1,
) {
  const apply = injector(faults, seed, 0n, contract);
  const stream =
    type === "sensor_msgs/msg/LaserScan" ? "lidar" : type === "sensor_msgs/msg/Image" ? "camera" : "joints";
  const { topic } = contract.streams[stream]!;
  return Array.from({ length: count }, (_, n) =>
    apply.apply({
      stream,
      topic,
      type,
      message: message(n),
      stampNs: BigInt(n) * 100n * MS,
      index: n,
      periodNs: 100n * MS,
      delayMs: 1,
    }),
  );
}
const scans = (text: string, seed = 1) => run(parseFaults(text), "sensor_msgs/msg/LaserScan", scan, 100, seed);
const stampOf = (m: LaserScan) => fromRosTime(m.header.stamp);

describe("injector", () => {
  it("lets everything through outside the fault's time and stream", () => {
    const out = scans("lidar:silent@2-3,camera:silent");
    expect(out.map((d) => d.length)).toEqual(Array.from({ length: 100 }, (_, n) => (n >= 20 && n < 30 ? 0 : 1)));
  });

  it("drops about its share, the same by seed and another by another seed", () => {
    const dropped = (seed: number) => scans("lidar:drop=0.3", seed).map((d) => d.length);
    const count = dropped(1).filter((n) => n === 0).length;
    expect(count).toBeGreaterThan(15);
    expect(count).toBeLessThan(45);
    expect(dropped(1)).toEqual(dropped(1));
    expect(dropped(2)).not.toEqual(dropped(1));
  });

  it("delays, doubles and reorders", () => {
    expect(scans("/scan:late=0.25").every(([d]) => d!.lateMs === 250)).toBe(true);
    expect(scans("*:duplicate").every((d) => d.length === 2 && d[0]!.message === d[1]!.message)).toBe(true);
    const late = scans("lidar:out_of_order=0.5").map(([d]) => d!.lateMs);
    expect(new Set(late)).toEqual(new Set([0, 150]));
  });

  it("repeats the first message of a stuck sensor under new stamps, and goes on afterwards", () => {
    const out = scans("lidar:stuck@1-2").map(([d]) => d!.message);
    expect(out.slice(8, 23).map((m) => m.ranges[0])).toEqual([9, 10, ...Array(10).fill(11), 21, 22, 23]);
    expect(out.slice(10, 20).map(stampOf)).toEqual(Array.from({ length: 10 }, (_, k) => BigInt(10 + k) * 100n * MS));
  });

  it("moves the stamps of a sensor whose clock jumped", () => {
    const out = scans("lidar:clock_jump=-0.5@5").map(([d]) => stampOf(d!.message));
    expect(out[60]).toBe(5500n * MS);
    expect(out[40]).toBe(BigInt(40)); // untouched: the message's own stamp
  });

  it("corrupts images and scans in ways that show, and keeps the original", () => {
    const images = run(parseFaults("camera:corrupt"), "sensor_msgs/msg/Image", () => image).map(([d]) => d!.message);
    const wrong = images.filter((m) => m.data.length !== m.step * m.height || m.width !== 8 || m.encoding !== "rgb8");
    expect(wrong.length).toBe(images.length);
    expect(image.data.length).toBe(96);
    const kinds = scans("lidar:corrupt").map(([d]) => {
      const { ranges } = d!.message;
      return ranges.length < 11
        ? "short"
        : ranges.some(Number.isNaN)
          ? "nan"
          : ranges.some((r) => r < 0)
            ? "negative"
            : "same";
    });
    expect(new Set(kinds)).toEqual(new Set(["short", "nan", "negative"]));
  });

  it("corrupts joints into NaN, nothing or another robot's names", () => {
    const joints: JointState = {
      header: { stamp: { sec: 0, nanosec: 0 }, frame_id: "" },
      name: ["a"],
      position: Float64Array.of(1),
      velocity: Float64Array.of(2),
      effort: new Float64Array(0),
    };
    const out = run(parseFaults("joints:corrupt"), "sensor_msgs/msg/JointState", () => joints).map(([d]) => d!.message);
    expect(out.every((m) => m.name[0] !== "a" || m.velocity.length === 0 || Number.isNaN(m.velocity[0]))).toBe(true);
  });

  it("refuses a fault of a stream that is not there", () => {
    expect(() => injector(parseFaults("radar:silent"), 1, 0n, contract)).toThrow(
      "[sim] [faults] a fault's stream is one of camera, lidar, joints, imu, odometry, a topic of these or *. Found radar.",
    );
  });
});

describe("parseFaults", () => {
  it("reads streams, kinds, amounts and times", () => {
    expect(parseFaults(" camera:drop=0.1@5-10, lidar:silent@3-6,/imu:late=0.2@4,*:stuck")).toEqual([
      { stream: "camera", kind: "drop", amount: 0.1, fromSec: 5, toSec: 10 },
      { stream: "lidar", kind: "silent", amount: 0, fromSec: 3, toSec: 6 },
      { stream: "/imu", kind: "late", amount: 0.2, fromSec: 4, toSec: Number.POSITIVE_INFINITY },
      { stream: "*", kind: "stuck", amount: 0, fromSec: 0, toSec: Number.POSITIVE_INFINITY },
    ]);
    expect(parseFaults("")).toEqual([]);
  });

  it.each([
    ["camera", "a fault reads stream:kind"],
    ["camera:explode", "a fault is one of drop, late"],
    ["camera:drop=1.5", "a probability within [0, 1]"],
    ["camera:drop=often", "a probability within [0, 1]"],
    ["camera:late", "late says by how many seconds"],
    ["camera:late=-1", "seconds, 0 or more"],
    ["camera:silent=3", "silent takes no amount"],
    ["camera:silent@6-3", "a fault ends after it begins"],
  ])("refuses %s and says how it should read", (text, expected) => {
    expect(() => parseFaults(text)).toThrow(expected);
  });
});
