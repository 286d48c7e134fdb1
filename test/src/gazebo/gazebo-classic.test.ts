import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Contract, nsToSec, parseContract } from "@polypilot/core";
import { connectClassic, connectGz, type GazeboRobot, gazeboRobot, type Transport } from "@polypilot/gazebo";
import { expertDriver, gazeboWorldName, referee, renderWorld, type Simulator, worldRobot } from "@polypilot/sim";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasGazebo, type RealGazebo, realGazebo } from "./real-gazebo.js";

const SEED = 3;
const contract: Contract = parseContract(
  readFileSync(fileURLToPath(new URL("../../../contracts/sim-car.yaml", import.meta.url)), "utf8"),
);

/** Lets the world's time pass. */
async function worldTime(robot: GazeboRobot, sec: number): Promise<void> {
  const until = robot.clock.nowNs() + BigInt(Math.round(sec * 1e9));
  while (robot.clock.nowNs() < until) await sleep(10);
}

describe.skipIf(!hasGazebo)("a robot in a real Gazebo classic", () => {
  let gazebo: RealGazebo;
  let transport: Transport;
  let robot: GazeboRobot;
  let simulator: Simulator;

  beforeAll(async () => {
    gazebo = await realGazebo(SEED);
    transport = await connectClassic({ host: "127.0.0.1", port: gazebo.port });
    robot = await gazeboRobot({ transport, contract, world: gazeboWorldName(SEED) });
    simulator = worldRobot({ contract, seed: SEED, robot });
    simulator.start();
  }, 120_000);

  afterAll(async () => {
    simulator?.stop();
    await robot?.close();
    await gazebo?.stop();
  });

  const command = (speed: number, angle: number) =>
    robot.publish(contract.command.topic, "ackermann_msgs/msg/AckermannDriveStamped", {
      header: { stamp: { sec: 0, nanosec: 0 }, frame_id: "" },
      drive: { steering_angle: angle, steering_angle_velocity: 0, speed, acceleration: 0, jerk: 0 },
    });
  const passed = (sec: number) => worldTime(robot, sec);

  // Each test stands alone: it finds the car at rest where the track begins, whatever another did with it.
  beforeEach(async () => {
    command(0, 0);
    const start = simulator.track.laneAt(0);
    simulator.place(0);
    const stands = () => {
      const { x, y, speedMps } = robot.motion();
      return Math.hypot(x - start.x, y - start.y) < 0.05 && Math.abs(speedMps) < 0.05;
    };
    for (let i = 0; i < 200 && !stands(); i += 1) await passed(0.1); // Gazebo places it when it comes to it
    await passed(1);
  });

  it("sends camera, lidar, joints, inertial readings and odometry as the contract says, on the world's time", async () => {
    const found = new Map<string, number[]>();
    const note = (topic: string, stamp: { sec: number; nanosec: number }) =>
      found.set(topic, [...(found.get(topic) ?? []), stamp.sec + stamp.nanosec / 1e9]);
    let [pixels, beams] = [0, 0];
    const stops = [
      robot.subscribe("/camera/image_raw", "sensor_msgs/msg/Image", ({ message }) => {
        note("camera", message.header.stamp);
        pixels = message.data.length;
        expect([message.width, message.height, message.encoding]).toEqual([160, 120, "rgb8"]);
      }),
      robot.subscribe("/scan", "sensor_msgs/msg/LaserScan", ({ message }) => {
        note("scan", message.header.stamp);
        beams = message.ranges.length;
      }),
      robot.subscribe("/joint_states", "sensor_msgs/msg/JointState", ({ message }) =>
        note("joints", message.header.stamp),
      ),
      robot.subscribe("/imu", "sensor_msgs/msg/Imu", ({ message }) => {
        note("imu", message.header.stamp);
        expect(message.linear_acceleration.z).toBeCloseTo(9.8, 0);
      }),
      robot.subscribe("/odom", "nav_msgs/msg/Odometry", ({ message }) => note("odom", message.header.stamp)),
    ];
    await passed(3);
    for (const stop of stops) stop();
    expect([pixels, beams]).toEqual([160 * 120 * 3, 271]);
    for (const [topic, stamps] of found) {
      const rising = stamps.every((s, i) => i === 0 || s >= stamps[i - 1]!);
      expect([topic, rising]).toEqual([topic, true]);
      const rate = (stamps.length - 1) / (stamps.at(-1)! - stamps[0]!);
      expect(rate).toBeGreaterThan(topic === "scan" ? 6 : 15);
    }
    expect([...found.keys()].sort()).toEqual(["camera", "imu", "joints", "odom", "scan"]);
  });

  it("drives as commanded: speed, left for a positive angle, wheels that turn at v / r", async () => {
    command(0.6, 0.25);
    await passed(1.5);
    const { speedMps, yawRate, wheels } = robot.motion();
    command(0, 0);
    expect(speedMps).toBeGreaterThan(0.55);
    expect(speedMps).toBeLessThan(0.62);
    const nominal = (0.6 * Math.tan(0.25)) / contract.robot.wheelbase_m;
    expect(yawRate / nominal).toBeGreaterThan(0.9);
    expect(yawRate / nominal).toBeLessThan(1.05);
    const mean = wheels.reduce((sum, w) => sum + w.speedRadps, 0) / wheels.length;
    expect(mean * 0.05).toBeCloseTo(0.6, 1);
  });

  it("stands where it is put, at rest, and says so", async () => {
    command(1, 0);
    await passed(0.5);
    const at = simulator.track.laneAt(12);
    simulator.place(12);
    await passed(2);
    const { x, y, yawRad, speedMps } = robot.motion();
    expect(Math.hypot(x - at.x, y - at.y)).toBeLessThan(0.05);
    expect(Math.cos(yawRad - at.headingRad)).toBeGreaterThan(0.999);
    expect(Math.abs(speedMps)).toBeLessThan(0.05);
    expect(Math.abs(simulator.truth().laneOffsetM)).toBeLessThan(0.05);
  });

  it("shows the ground as the built-in simulator draws it from the same place: the labels' truth fits the picture", async () => {
    simulator.place(20);
    await passed(2);
    const seen = simulator.frame()!;
    const drawn = renderWorld(contract, SEED, simulator.truth());
    const luma = (data: Uint8Array, i: number) =>
      0.3 * data[3 * i]! + 0.59 * data[3 * i + 1]! + 0.11 * data[3 * i + 2]!;
    // The lower half, without the rows at the bottom where the car's own wheels may be seen.
    const pixels = Array.from({ length: 160 * 45 }, (_, i) => 160 * 60 + i);
    const [a, b] = [pixels.map((i) => luma(seen.data, i)), pixels.map((i) => luma(drawn, i))];
    const mean = (v: number[]) => v.reduce((sum, x) => sum + x, 0) / v.length;
    const [ma, mb] = [mean(a), mean(b)];
    const product = (u: number[], mu: number, v: number[], mv: number) =>
      u.reduce((sum, x, i) => sum + (x - mu) * (v[i]! - mv), 0);
    const correlation = product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
    expect(correlation).toBeGreaterThan(0.85);
  });

  it("lets the expert drive its lane without help", async () => {
    const judge = referee(simulator);
    const expert = expertDriver(simulator, { seed: SEED });
    expert.start();
    judge.start();
    await passed(12);
    judge.stop();
    expert.stop();
    command(0, 0);
    const { interventions, distanceM, lateralRmsM } = judge.metrics();
    expect(interventions).toBe(0);
    expect(distanceM).toBeGreaterThan(6);
    expect(lateralRmsM).toBeLessThan(0.05);
  });

  it("refuses a world, a model and a sensor that are not there, and says what is", async () => {
    const to = { transport, contract, timeoutMs: 500 };
    await expect(gazeboRobot({ ...to, world: "polypilot_9" })).rejects.toThrow(/worlds named .*polypilot_3/);
    await expect(gazeboRobot({ ...to, world: gazeboWorldName(SEED), model: "lorry" })).rejects.toThrow(/model's pose/);
    const topics = { camera: "/gazebo/polypilot_3/car/base_link/camera/image" };
    const twoEyes = { ...contract, streams: { ...contract.streams, front: contract.streams.camera! } };
    const robotWithTwo = await gazeboRobot({ ...to, contract: twoEyes, world: gazeboWorldName(SEED), topics });
    expect(robotWithTwo.motion().stampNs).toBeGreaterThan(0n);
  });

  it("answers requests over gz-transport, which Gazebo classic speaks too", async () => {
    const gz = await connectGz({ partition: gazebo.partition, ip: "127.0.0.1" });
    try {
      const update = () => gz.advertised().find(({ topic }) => topic.endsWith("/items_update"))?.topic;
      for (let i = 0; i < 500 && !update(); i += 1) await sleep(10);
      expect(gz.advertised().map(({ topic }) => topic)).toContain("/polypilot_3/car/base_link/camera/image");
      const service = update()!.replace(/_update$/, "");
      const types = { requestType: "gazebo.msgs.Empty", responseType: "gazebo.msgs.Param_V" };
      const answer = await gz.request({ service, ...types, bytes: new Uint8Array(0), timeoutMs: 10_000 });
      expect(Buffer.from(answer).toString("latin1")).toContain("data://world/polypilot_3");
    } finally {
      await gz.close();
    }
  });
});

describe.skipIf(!hasGazebo)("a robot whose Gazebo classic ends", () => {
  it("tells that the world is gone when gzserver is killed, and its clock lets what waits end", async () => {
    const gazebo = await realGazebo(SEED);
    try {
      const transport = await connectClassic({ host: "127.0.0.1", port: gazebo.port });
      const robot = await gazeboRobot({ transport, contract, world: gazeboWorldName(SEED) });
      const before = robot.clock.nowNs();
      gazebo.kill();
      expect(await robot.lost).toContain("closed");
      await worldTime(robot, 0.5);
      expect(nsToSec(robot.clock.nowNs() - before)).toBeGreaterThan(0.4);
      await robot.close();
    } finally {
      await gazebo.stop();
    }
  }, 120_000);
});

describe("without a Gazebo", () => {
  it("says what was tried and what to do", async () => {
    await expect(connectClassic({ host: "127.0.0.1", port: 9, timeoutMs: 2000 })).rejects.toThrow(
      /\[gazebo\] \[127\.0\.0\.1:9\] .*ECONNREFUSED.*Start gzserver/,
    );
  });
});
