import { type Arrival, fromRosTime, nsToMs, PolypilotError, stampOf, wallClock } from "@polypilot/core";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { simContract } from "./contract.fixture.js";
import { rangeTo } from "./sensors/flat-ray.js";
import { drive, listen, make, SEC, topics } from "./simulator.fixture.js";
import { createSimulator } from "./simulator.js";
import type { Prop } from "./world/prop.js";

describe("createSimulator", () => {
  it("gives every message at the contract's rate, stamped with its measurement and a little before its arrival", async () => {
    const { clock, simulator } = make();
    const arrivals = listen(simulator, topics);
    simulator.start();
    await clock.runUntil(2n * SEC);
    const counts = Object.fromEntries(topics.map(([t]) => [t, arrivals.filter((a) => a.topic === t).length]));
    expect(counts["/camera/image_raw"]).toBeGreaterThanOrEqual(59);
    expect(counts["/camera/camera_info"]).toBe(counts["/camera/image_raw"]);
    expect(counts["/scan"]).toBeGreaterThanOrEqual(19);
    for (const topic of ["/joint_states", "/imu", "/odom", "/clock"]) expect(counts[topic]).toBeGreaterThanOrEqual(98);
    for (const a of arrivals.filter(({ topic }) => topic !== "/clock")) {
      const ageMs = nsToMs(a.receivedNs - stampOf(a.message)!);
      expect(ageMs).toBeGreaterThan(0);
      expect(ageMs).toBeLessThan(6);
    }
    const firstStamps = new Set(topics.slice(2, 6).map(([t]) => stampOf(arrivals.find((a) => a.topic === t)!.message)));
    expect(firstStamps.size).toBe(4);
  });

  it("ranges a placed box as the closed form does, and gives inf elsewhere", async () => {
    const { track } = make().simulator;
    const lane = track.laneAt(10);
    const box: Prop = {
      kind: "box",
      x: lane.x + 2 * Math.cos(lane.headingRad),
      y: lane.y + 2 * Math.sin(lane.headingRad),
      yawRad: lane.headingRad,
      lengthM: 0.4,
      widthM: 0.4,
      heightM: 0.4,
      colour: 0,
    };
    const { clock, simulator } = make({ track: { props: [box] } });
    const scans: Arrival<"sensor_msgs/msg/LaserScan">[] = [];
    simulator.subscribe("/scan", "sensor_msgs/msg/LaserScan", (a) => scans.push(a));
    simulator.start();
    simulator.place(10);
    await clock.runUntil(SEC / 2n);
    const { ranges, angle_min, angle_increment } = scans.at(-1)!.message;
    const truth = simulator.truth();
    expect(ranges[135]).toBeCloseTo(2 - 0.2 - 0.2, 1);
    ranges.forEach((range, i) => {
      const angle = truth.yawRad + angle_min + i * angle_increment;
      const [x, y] = [truth.x + 0.2 * Math.cos(truth.yawRad), truth.y + 0.2 * Math.sin(truth.yawRad)];
      const exact = rangeTo([box], x, y, Math.cos(angle), Math.sin(angle), 0.15);
      if (Number.isFinite(exact)) expect(Math.abs(range - exact)).toBeLessThan(0.04);
      else expect(range).toBe(Number.POSITIVE_INFINITY);
    });
  });

  it("takes the contract's image size and JPEG where it says so", async () => {
    for (const [width, height] of [
      [320, 240],
      [64, 48],
    ] as const) {
      const contract = simContract({
        "source: { width: 160, height: 120 }": `source: { width: ${width}, height: ${height} }`,
        "topic: /camera/image_raw\n    type: sensor_msgs/msg/Image":
          "topic: /camera/image_raw/compressed\n    type: sensor_msgs/msg/CompressedImage",
      });
      const { clock, simulator } = make({ contract });
      const [jpegs, infos] = [
        listen(simulator, [["/camera/image_raw/compressed", "sensor_msgs/msg/CompressedImage"]]),
        listen(simulator, [["/camera/camera_info", "sensor_msgs/msg/CameraInfo"]]),
      ];
      simulator.start();
      await clock.runUntil(SEC / 10n);
      const [first] = jpegs as Arrival<"sensor_msgs/msg/CompressedImage">[];
      const picture = jpeg.decode(first!.message.data);
      expect([picture.width, picture.height, first!.message.format]).toEqual([width, height, "jpeg"]);
      const { data } = simulator.frame()!;
      expect(data.length).toBe(width * height * 3);
      const off = Array.from(data, (v, i) => Math.abs(v - picture.data[Math.floor(i / 3) * 4 + (i % 3)]!));
      expect(infos.length).toBeGreaterThan(0);
      expect(off.reduce((sum, v) => sum + v, 0) / off.length).toBeLessThan(20);
    }
  });

  it("drives where commands say, in any of the command types, and brings them back to who listens", async () => {
    for (const type of [
      "ackermann_msgs/msg/AckermannDriveStamped",
      "geometry_msgs/msg/TwistStamped",
      "geometry_msgs/msg/Twist",
    ] as const) {
      const contract = simContract({
        "topic: /drive\n  type: ackermann_msgs/msg/AckermannDriveStamped": `topic: /drive\n  type: ${type}`,
      });
      const { clock, simulator } = make({ contract });
      const back = listen(simulator, [["/drive", type]]);
      const header = { stamp: { sec: 0, nanosec: 0 }, frame_id: "" };
      const turn = 0.8 * Math.tan(0.2) * (1 / 0.325);
      const twist = { linear: { x: 0.8, y: 0, z: 0 }, angular: { x: 0, y: 0, z: turn } };
      simulator.start();
      for (let k = 1n; k <= 20n; k += 1n) {
        if (type === "ackermann_msgs/msg/AckermannDriveStamped") drive(simulator, 0.2, 0.8);
        else if (type === "geometry_msgs/msg/TwistStamped") simulator.publish("/drive", type, { header, twist });
        else simulator.publish("/drive", type, twist);
        await clock.runUntil((k * SEC) / 20n);
      }
      expect(simulator.truth().speedMps).toBeCloseTo(0.8, 2);
      expect(simulator.truth().steeringRad).toBeCloseTo(0.2, 2);
      expect(back.length).toBe(20);
    }
  });

  it("takes no notice of commands that are not finite, and brakes when commands cease", async () => {
    const { clock, simulator } = make();
    simulator.start();
    for (let k = 1n; k <= 10n; k += 1n) {
      drive(simulator, 0.1, 1);
      drive(simulator, Number.NaN, Number.POSITIVE_INFINITY);
      await clock.runUntil((k * SEC) / 10n);
    }
    expect(simulator.truth().speedMps).toBeCloseTo(1, 2);
    await clock.runUntil(3n * SEC);
    expect(simulator.truth().speedMps).toBeLessThan(0.01);
  });

  it("falls silent after stop()", async () => {
    const { clock, simulator } = make();
    const arrivals = listen(simulator, topics);
    simulator.start();
    await clock.runUntil(SEC / 3n);
    simulator.stop();
    const before = arrivals.length;
    await clock.runUntil(SEC);
    expect(arrivals.length).toBe(before);
  });

  it("applies faults by stream name: a silent lidar, a late camera", async () => {
    const { clock, simulator } = make({
      faults: [
        { kind: "silent", stream: "lidar", amount: 0, fromSec: 0, toSec: 9 },
        { kind: "late", stream: "camera", amount: 0.2, fromSec: 0, toSec: 9 },
      ],
    });
    const arrivals = listen(simulator, topics);
    simulator.start();
    await clock.runUntil(SEC);
    expect(arrivals.filter((a) => a.topic === "/scan").length).toBe(0);
    const images = arrivals.filter((a) => a.topic === "/camera/image_raw");
    expect(images.length).toBeGreaterThan(20);
    for (const a of images) expect(nsToMs(a.receivedNs - stampOf(a.message)!)).toBeGreaterThan(200);
  });

  it("refuses streams that the car has not, and other types on its topics", () => {
    const contract = simContract({ "/imu, type: sensor_msgs/msg/Imu": "/imu, type: sensor_msgs/msg/Joy" });
    expect(() => make({ contract })).toThrow(
      /\[sim\] \[imu\] the simulated car has a sensor .* Found sensor_msgs\/msg\/Joy/,
    );
    const { simulator } = make();
    expect(() => simulator.subscribe("/scan", "sensor_msgs/msg/Image", () => {})).toThrow(PolypilotError);
    expect(() => simulator.publish("/drive", "geometry_msgs/msg/Twist", {} as never)).toThrow("[sim] [/drive]");
  });

  it("drives on over rounds and tells the way", async () => {
    const { clock, simulator } = make({ startNs: 5n * SEC });
    const ticks = listen(simulator, [["/clock", "rosgraph_msgs/msg/Clock"]]) as Arrival<"rosgraph_msgs/msg/Clock">[];
    simulator.start();
    await clock.runUntil(6n * SEC);
    expect(fromRosTime(ticks[0]!.message.clock)).toBe(5n * SEC);
    simulator.place(simulator.track.lengthM - 0.2);
    for (let k = 1n; k <= 10n; k += 1n) {
      drive(simulator, 0, 1);
      await clock.runUntil(6n * SEC + (k * SEC) / 10n);
    }
    expect(simulator.truth().progressM).toBeGreaterThan(simulator.track.lengthM);
    expect(simulator.truth().distanceM).toBeCloseTo(simulator.truth().progressM - simulator.track.lengthM + 0.2, 1);
  });

  it("runs on the wall's clock: every stream comes, in order, stamped before it arrives", async () => {
    const clock = wallClock();
    const simulator = createSimulator({ contract: simContract(), seed: 6, clock });
    const arrivals = listen(simulator, topics.slice(0, 6));
    const seen = () => topics.slice(0, 6).every(([topic]) => arrivals.filter((a) => a.topic === topic).length > 2);
    simulator.start();
    await new Promise<void>((done) => {
      const look = () => {
        if (seen()) done();
        else clock.at(clock.nowNs() + 20_000_000n, look);
      };
      look();
    });
    simulator.stop();
    for (const [topic] of topics.slice(0, 6)) {
      const own = arrivals.filter((a) => a.topic === topic);
      own.forEach((a, i) => {
        expect(stampOf(a.message)!).toBeLessThanOrEqual(a.receivedNs);
        if (i > 0) expect(stampOf(a.message)!).toBeGreaterThan(stampOf(own[i - 1]!.message)!);
      });
    }
  });
});
