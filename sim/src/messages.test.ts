import { createHash } from "node:crypto";
import { decodeMessage, encodeMessage, type MessageType, stampOf } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { drive, listen, make, SEC, topics, truths } from "./simulator.fixture.js";
import type { SimulatorOptions } from "./simulator.js";

async function hashOf(options: Partial<SimulatorOptions>, also: readonly (readonly [string, MessageType])[]) {
  const { clock, simulator } = make(options);
  const hash = createHash("sha256");
  for (const [topic, type] of topics)
    simulator.subscribe(topic, type, (a) =>
      hash.update(`${topic} ${a.receivedNs} `).update(encodeMessage(type, a.message)),
    );
  for (const [topic, type] of also) simulator.subscribe(topic, type, () => {});
  simulator.start();
  for (let k = 0n; k < 10n; k += 1n) {
    drive(simulator, 0.02 * Number(k % 5n), 1);
    await clock.runUntil((k * SEC) / 10n);
  }
  simulator.stop();
  return hash.digest("hex");
}

describe("messages of the simulator", () => {
  it("gives the same bytes at the same times for the same seed, whoever listens to the truth", async () => {
    const first = await hashOf({}, []);
    expect(await hashOf({}, [])).toBe(first);
    expect(await hashOf({}, truths)).toBe(first);
    expect(await hashOf({ seed: 7 }, [])).not.toBe(first);
  });

  it("gives messages that CDR carries there and back", async () => {
    const { clock, simulator } = make();
    const all = [...topics, ...truths];
    const arrivals = listen(simulator, all);
    simulator.start();
    for (let k = 1n; k < 30n; k += 1n) {
      drive(simulator, 0, 1);
      await clock.runUntil((k * SEC) / 10n);
    }
    for (const [topic, type] of all) {
      const arrival = arrivals.find((a) => a.topic === topic);
      expect(arrival, topic).toBeDefined();
      const bytes = encodeMessage(type, arrival!.message);
      expect(encodeMessage(type, decodeMessage(type, bytes))).toEqual(bytes);
      expect(decodeMessage(type, bytes)).toEqual(
        type === "sensor_msgs/msg/LaserScan" ? expect.anything() : arrival!.message,
      );
    }
  });

  it("stamps every truth as its camera frame", async () => {
    const { clock, simulator } = make();
    const frames = listen(simulator, topics.slice(0, 1));
    const told = listen(simulator, truths);
    simulator.start();
    await clock.runUntil(SEC / 2n);
    const stamps = new Set(frames.map((a) => stampOf(a.message)));
    expect(stamps.size).toBeGreaterThan(13);
    expect(told.length).toBeGreaterThan(100);
    for (const a of told) expect(stamps.has(stampOf(a.message))).toBe(true);
  });
});
