import { random, virtualClock } from "@polypilot/core";
import { camera } from "./camera/camera.js";
import { simContract } from "./contract.fixture.js";
import { expertDriver } from "./drivers/expert.js";
import { createSimulator } from "./simulator.js";
import { generateWorld } from "./world/world.js";

type Report = (row: { name: string; value: number; unit: string; note?: string }) => void;

function framesPerSecond(width: number, height: number, frames: number): number {
  const world = generateWorld(1);
  const eye = camera(random(1), world, width, height);
  const shoot = (count: number) => {
    for (let i = 0; i < count; i += 1) {
      const lane = world.track.laneAt(i * 0.05);
      eye.capture({ x: lane.x, y: lane.y, yawRad: lane.headingRad }, 0.5, i);
    }
  };
  shoot(50);
  return (1000 * frames) / cpuMs(() => shoot(frames));
}

/** Processor time that `work` takes, in ms: what one core would need, however busy the machine is. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Frames drawn, worlds made and drives simulated on one core. */
export async function bench(report: Report): Promise<void> {
  report({ name: "sim: frames at 160×120", value: framesPerSecond(160, 120, 1000), unit: "frames/s" });
  report({ name: "sim: frames at 320×240", value: framesPerSecond(320, 240, 300), unit: "frames/s" });
  const worlds = 8;
  const ms = cpuMs(() => {
    for (let seed = 0; seed < worlds; seed += 1) generateWorld(seed);
  });
  report({ name: "sim: world generation", value: ms / worlds, unit: "ms", note: "mean of 8 seeds" });
  const clock = virtualClock();
  const simulator = createSimulator({ contract: simContract(), seed: 1, clock });
  for (const [topic, type] of [
    ["/camera/image_raw", "sensor_msgs/msg/Image"],
    ["/scan", "sensor_msgs/msg/LaserScan"],
    ["/joint_states", "sensor_msgs/msg/JointState"],
  ] as const)
    simulator.subscribe(topic, type, () => {});
  expertDriver(simulator, { seed: 1 }).start();
  simulator.start();
  const start = process.cpuUsage();
  await clock.runUntil(60_000_000_000n);
  const used = process.cpuUsage(start);
  report({
    name: "sim: virtual time",
    value: 60e6 / (used.user + used.system),
    unit: "s/s",
    note: "camera 30 Hz, lidar 10 Hz, joints 50 Hz, expert driving",
  });
}
