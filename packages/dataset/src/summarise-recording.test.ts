import { join } from "node:path";
import { EpisodeEventConstants } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { episodeTracker } from "./episodes.js";
import { summariseRecording } from "./summarise-recording.js";
import { MS, recordDrive, smallContractText, writeEvent, writeFrames } from "./testing/drive-recording.js";
import { testFolder } from "./testing/files.js";
import { episodeEvent } from "./testing/messages.js";

const folder = testFolder();
const { START, STOP, DISCARD, INTERVENTION } = EpisodeEventConstants;

describe("summariseRecording", () => {
  it("tells topics, rates, gaps, episodes and the contract", async () => {
    const path = await recordDrive(join(folder, "a.mcap"), (r) => {
      writeEvent(r, "START", 0, "one");
      writeFrames(r, 0, 20);
      writeEvent(r, "STOP", 20, "one");
      writeEvent(r, "START", 30, "two");
      writeFrames(r, 30, 41);
    });
    const summary = await summariseRecording(path);
    const camera = summary.topics.find(({ topic }) => topic === "/camera")!;
    expect(camera).toMatchObject({
      type: "sensor_msgs/msg/Image",
      encoding: "cdr",
      count: 31,
      largestGapNs: 550n * MS,
    });
    expect(camera.rateHz).toBeCloseTo(30 / 2, 9); // 31 messages over 2 s
    expect(summary).toMatchObject({ complete: true, profile: "ros2", contractText: smallContractText });
    expect(summary.metadata).toEqual({ contract: "small.yaml" });
    expect(summary.episodes).toMatchObject([
      { id: "one", outcome: "success", stopped: true, startNs: 980n * MS, endNs: 1980n * MS, discarded: false },
      { id: "two", outcome: "", stopped: false, endNs: 3007n * MS },
    ]);
  });
});

describe("summariseRecording's progress", () => {
  it("rises to 1, and ends the reading where it throws", async () => {
    const path = await recordDrive(join(folder, "long.mcap"), (r) => writeFrames(r, 0, 400));
    const told: number[] = [];
    const summary = await summariseRecording(path, { onProgress: (part) => void told.push(part) });
    expect(told.length).toBeGreaterThan(3);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    expect(summary).toEqual(await summariseRecording(path));
    const stop = () => {
      throw new Error("stopped");
    };
    await expect(summariseRecording(path, { onProgress: stop })).rejects.toThrow("stopped");
  });
});

describe("episodeTracker", () => {
  const event = (kind: number, id: string, more = {}) => episodeEvent(0n, kind, id, more);

  it("takes a recording without a start as one episode", () => {
    const tracker = episodeTracker("file");
    for (const at of [5n, 9n, 7n]) tracker.see(at);
    expect(tracker.episodes).toMatchObject([{ id: "file", startNs: 5n, endNs: 9n, stopped: false }]);
  });

  it("forgets what came before the first start", () => {
    const tracker = episodeTracker("file");
    tracker.see(1n);
    tracker.event(event(START, "a"), 2n);
    expect(tracker.episodes.map(({ id }) => id)).toEqual(["a"]);
  });

  it("ends an episode with the next start, and ignores a stop of another", () => {
    const tracker = episodeTracker("file");
    tracker.event(event(START, "a"), 1n);
    tracker.event(event(STOP, "zzz"), 2n);
    expect(tracker.current?.id).toBe("a");
    tracker.event(event(START, "b"), 3n);
    tracker.event(event(STOP, "b", { outcome: "failure", reason: "off_road" }), 4n);
    expect(tracker.current).toBeUndefined();
    expect(tracker.episodes).toMatchObject([
      { id: "a", stopped: false },
      { id: "b", stopped: true, outcome: "failure", reason: "off_road" },
    ]);
  });

  it("discards by id, and the last episode without one; counts interventions", () => {
    const tracker = episodeTracker("file");
    tracker.event(event(START, "a"), 1n);
    tracker.event(event(INTERVENTION, "a"), 1n);
    tracker.event(event(INTERVENTION, ""), 2n);
    tracker.event(event(STOP, "a"), 2n);
    tracker.event(event(START, "b"), 3n);
    tracker.event(event(DISCARD, ""), 4n);
    tracker.event(event(DISCARD, "a"), 5n);
    expect(tracker.episodes).toMatchObject([
      { id: "a", discarded: true, interventions: 2, endNs: 2n },
      { id: "b", discarded: true, endNs: 4n },
    ]);
  });
});
