import { join } from "node:path";
import { type Arrival, type MessageType, type MessageTypes, type Robot, virtualClock } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { readRecording } from "./mcap/read-recording.js";
import { openRecorder } from "./mcap/recorder.js";
import { recordTopics, tapRobot } from "./tap-robot.js";
import { testFolder } from "./testing/files.js";
import { scalar } from "./testing/messages.js";

const folder = testFolder();
const TYPE = "polypilot_msgs/msg/Scalar";

/** A robot that hands out what the test sends, and returns what is published to its subscribers. */
function loopRobot() {
  const subscribers = new Set<{ topic: string; onArrival: (arrival: Arrival) => void }>();
  const clock = virtualClock(1_000n);
  const send = (topic: string, value: number, receivedNs: bigint) =>
    deliver(topic, TYPE, scalar(0n, value), receivedNs);
  const deliver = (topic: string, type: MessageType, message: MessageTypes[MessageType], receivedNs: bigint) => {
    for (const s of [...subscribers]) if (s.topic === topic) s.onArrival({ topic, type, message, receivedNs });
  };
  const robot: Robot = {
    clock,
    subscribe<K extends MessageType>(topic: string, _type: K, onArrival: (arrival: Arrival<K>) => void) {
      const entry = { topic, onArrival: onArrival as (arrival: Arrival) => void };
      subscribers.add(entry);
      return () => subscribers.delete(entry);
    },
    publish: (topic, type, message) => deliver(topic, type, message, clock.nowNs()),
  };
  return { robot, clock, send, subscribers };
}

async function setup(name: string) {
  const path = join(folder, `${name}.mcap`);
  const loop = loopRobot();
  const recorder = await openRecorder(path, { contractText: "", contractName: "", clock: loop.clock, blocking: true });
  const recorded = async () => {
    await recorder.close();
    const rows: [string, number, bigint][] = [];
    for await (const { topic, message, logTimeNs } of readRecording(path))
      rows.push([topic, (message as { value: number }).value, logTimeNs]);
    return rows;
  };
  return { ...loop, recorder, recorded };
}

describe("tapRobot", () => {
  it("writes each arrival once, before its subscribers see it, and each publication, in the program's order", async () => {
    const { robot, clock, send, recorder, recorded } = await setup("order");
    const tapped = tapRobot(robot, recorder);
    const seen: string[] = [];
    tapped.subscribe("/in", TYPE, ({ message }) => {
      seen.push(`first ${message.value}, ${recorder.counts.written} written`);
      tapped.publish("/out", TYPE, scalar(0n, message.value * 10));
    });
    tapped.subscribe("/in", TYPE, ({ message }) => seen.push(`second ${message.value}`));
    send("/in", 1, 500n);
    await clock.runUntil(2_000n);
    send("/in", 2, 1_990n);
    expect(seen).toEqual(["first 1, 1 written", "second 1", "first 2, 3 written", "second 2"]);
    expect(await recorded()).toEqual([
      ["/in", 1, 500n],
      ["/out", 10, 1_000n],
      ["/in", 2, 1_990n],
      ["/out", 20, 2_000n],
    ]);
  });

  it("does not write its own publication again when it comes back", async () => {
    const { robot, recorder, recorded } = await setup("loop");
    const tapped = tapRobot(robot, recorder);
    let heard = 0;
    tapped.subscribe("/out", TYPE, () => {
      heard += 1;
    });
    tapped.publish("/out", TYPE, scalar(0n, 1));
    expect(heard).toBe(1);
    expect(await recorded()).toHaveLength(1);
  });

  it("holds one subscription a topic and lets it go with the last subscriber", async () => {
    const { robot, send, recorder, recorded, subscribers } = await setup("leave");
    const tapped = tapRobot(robot, recorder);
    const stops = [1, 2].map(() => tapped.subscribe("/in", TYPE, () => undefined));
    expect(subscribers.size).toBe(1);
    stops[0]!();
    stops[0]!();
    expect(subscribers.size).toBe(1);
    stops[1]!();
    expect(subscribers.size).toBe(0);
    send("/in", 1, 1n);
    tapped.subscribe("/in", TYPE, () => undefined);
    send("/in", 2, 2n);
    expect(await recorded()).toEqual([["/in", 2, 2n]]);
  });

  it("leaves the topics out that it is told to", async () => {
    const { robot, send, recorder, recorded } = await setup("except");
    const tapped = tapRobot(robot, recorder, { except: ["/in", "/out"] });
    tapped.subscribe("/in", TYPE, () => undefined);
    tapped.publish("/out", TYPE, scalar(0n, 1));
    send("/in", 1, 1n);
    expect(await recorded()).toEqual([]);
  });
});

describe("recordTopics", () => {
  it("records further topics from the robot or its tap, each message once, until it is stopped", async () => {
    const { robot, send, recorder, recorded } = await setup("topics");
    const tapped = tapRobot(robot, recorder);
    tapped.subscribe("/in", TYPE, () => undefined);
    const stops = [
      recordTopics(tapped, recorder, [
        { topic: "/in", type: TYPE },
        { topic: "/label", type: TYPE },
      ]),
      recordTopics(robot, recorder, [{ topic: "/other", type: TYPE }]),
    ];
    for (const topic of ["/in", "/label", "/other"]) send(topic, 1, 1n);
    for (const stop of stops) stop();
    for (const topic of ["/label", "/other"]) send(topic, 2, 2n);
    expect((await recorded()).map(([topic]) => topic)).toEqual(["/in", "/label", "/other"]);
  });
});
