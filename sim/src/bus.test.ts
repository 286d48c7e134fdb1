import { type MessageType, virtualClock } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { bus } from "./bus.js";

const STRING = "std_msgs/msg/String";
const make = () => bus(virtualClock(7n), new Map<string, MessageType>([["/scan", "sensor_msgs/msg/LaserScan"]]));

describe("bus", () => {
  it("keeps what is sent during a callback until that callback and its neighbours are done", () => {
    const messages = make();
    const log: string[] = [];
    messages.subscribe("/a", STRING, ({ message }) => {
      messages.send("/b", STRING, { data: `${message.data}!` });
      log.push(`first ${message.data}`);
    });
    messages.subscribe("/a", STRING, ({ message, receivedNs }) => log.push(`second ${message.data} at ${receivedNs}`));
    messages.subscribe("/b", STRING, ({ message }) => log.push(message.data));
    messages.send("/a", STRING, { data: "x" });
    expect(log).toEqual(["first x", "second x at 7", "x!"]);
  });

  it("goes on after a subscriber threw", () => {
    const messages = make();
    const log: string[] = [];
    const stop = messages.subscribe("/a", STRING, () => {
      throw new Error("subscriber");
    });
    expect(() => messages.send("/a", STRING, { data: "x" })).toThrow("subscriber");
    stop();
    messages.subscribe("/a", STRING, ({ message }) => log.push(message.data));
    messages.send("/a", STRING, { data: "y" });
    expect(log).toEqual(["y"]);
  });

  it("knows who listens, and forgets who has gone", () => {
    const messages = make();
    expect(messages.wanted("/a")).toBe(false);
    const stop = messages.subscribe("/a", STRING, () => {});
    expect(messages.wanted("/a")).toBe(true);
    stop();
    expect(messages.wanted("/a")).toBe(false);
  });

  it("refuses another type on a topic, with what was expected", () => {
    expect(() => make().subscribe("/scan", STRING, () => {})).toThrow(
      "[sim] [/scan] messages on /scan are sensor_msgs/msg/LaserScan. Found std_msgs/msg/String. Correct the topic or the type.",
    );
  });
});
