import { type Arrival, type EpisodeEvent, stampOf, virtualClock } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { simContract } from "../contract.fixture.js";
import { createSimulator } from "../simulator.js";
import { expertDriver } from "./expert.js";
import { referee } from "./referee.js";

const SEC = 1_000_000_000n;
const ACKERMANN = "ackermann_msgs/msg/AckermannDriveStamped";

async function ride(seed: number, options: { perturb?: boolean; drive?: boolean }, seconds = 45, steering?: number) {
  const clock = virtualClock();
  const simulator = createSimulator({ contract: simContract(), seed, clock });
  const expert = expertDriver(simulator, { seed, ...options });
  const judge = referee(simulator, options.perturb ? { limitM: 2 } : {});
  const [labels, commands]: Arrival<typeof ACKERMANN>[][] = [[], []];
  const events: EpisodeEvent[] = [];
  const truths: ReturnType<typeof simulator.truth>[] = [];
  simulator.subscribe("/expert/drive", ACKERMANN, (a) => labels!.push(a));
  simulator.subscribe("/drive", ACKERMANN, (a) => commands!.push(a));
  simulator.subscribe("/episode/events", "polypilot_msgs/msg/EpisodeEvent", (a) => events.push(a.message));
  simulator.onCamera((truth) => {
    truths.push(truth);
    if (steering === undefined) return;
    const drive = { steering_angle: steering, speed: 1, steering_angle_velocity: 0, acceleration: 0, jerk: 0 };
    simulator.publish("/drive", ACKERMANN, { header: { stamp: { sec: 0, nanosec: 0 }, frame_id: "" }, drive });
  });
  simulator.start();
  expert.start();
  judge.start();
  await clock.runUntil(BigInt(seconds) * SEC);
  judge.stop();
  expert.stop();
  simulator.stop();
  return { metrics: judge.metrics(), labels: labels!, commands: commands!, events, truths, simulator };
}

describe("expertDriver", () => {
  it("keeps to the lane's centre without a single intervention", async () => {
    for (const seed of [1, 2]) {
      const { metrics } = await ride(seed, {});
      expect(metrics.interventions).toBe(0);
      expect(metrics.autonomy).toBe(1);
      expect(metrics.lateralRmsM).toBeLessThan(0.03);
      expect(metrics.distanceM).toBeGreaterThan(30);
    }
  });

  it("never leaves the road when it is disturbed, yet meets real offsets", async () => {
    for (const seed of [3, 4]) {
      const { truths, metrics } = await ride(seed, { perturb: true });
      expect(truths.every((truth) => truth.onRoad)).toBe(true);
      expect(metrics.lateralRmsM).toBeGreaterThan(0.03);
      expect(Math.max(...truths.map((t) => Math.abs(t.laneOffsetM)))).toBeGreaterThan(0.1);
    }
  });

  it("labels every frame with the clean command, whatever is executed", async () => {
    const { labels, commands, truths } = await ride(5, { perturb: true }, 20);
    expect(labels.map((a) => stampOf(a.message))).toEqual(truths.map((t) => t.stampNs));
    const apart = labels.map((a, i) => a.message.drive.steering_angle - commands[i]!.message.drive.steering_angle);
    expect(apart.filter((d) => d !== 0).length).toBeGreaterThan(30);
    expect(apart.filter((d) => d === 0).length).toBeGreaterThan(30);
    const away = truths.flatMap((t, i) => (Math.abs(t.laneOffsetM) > 0.08 ? [[t, labels[i]!] as const] : []));
    const back = away.filter(([t, a]) => t.laneOffsetM * (a.message.drive.steering_angle - 0.325 * t.curvature) < 0);
    expect(back.length / away.length).toBeGreaterThan(0.75);
  });

  it("only labels when another drives", async () => {
    const { labels, commands } = await ride(5, { drive: false }, 3);
    expect(labels.length).toBeGreaterThan(80);
    expect(commands.length).toBe(0);
  });

  it("slows down where signs say so", async () => {
    const { truths, simulator } = await ride(6, {}, 60);
    const near = (kind: string) =>
      truths.filter((t) =>
        simulator.props.some((p) => {
          if (p.kind !== "sign" || p.sign !== kind) return false;
          const past = t.progressM - p.progressM;
          return Math.abs(past - simulator.track.lengthM * Math.round(past / simulator.track.lengthM)) < 0.2;
        }),
      );
    const mean = (list: typeof truths) => list.reduce((sum, t) => sum + t.speedMps, 0) / list.length;
    expect(near("stop").length).toBeGreaterThan(0);
    expect(mean(near("stop"))).toBeLessThan(0.75 * mean(truths.slice(100)));
  });
});

describe("referee", () => {
  it("puts a straying car back, counts it, says so, and takes six seconds each from the autonomy", async () => {
    const { metrics, events, truths } = await ride(2, { drive: false }, 30, 0.3);
    expect(metrics.interventions).toBeGreaterThan(3);
    expect(events.length).toBe(metrics.interventions);
    expect(events[0]!.event).toBe(3);
    expect(metrics.autonomy).toBeCloseTo(Math.max(0, 1 - (6 * metrics.interventions) / 30), 9);
    expect(Math.max(...truths.map((t) => Math.abs(t.laneOffsetM)))).toBeLessThan(0.28 / 1.8 + 0.1);
  });

  it("gives nothing but zeros for a car that stands", async () => {
    const { metrics } = await ride(2, { drive: false }, 5);
    expect(metrics.distanceM).toBe(0);
    expect(metrics.lateralMeanM).toBeLessThan(1e-3);
    expect(metrics.steeringRateRms).toBe(0);
    expect(metrics.interventions).toBe(0);
  });
});
