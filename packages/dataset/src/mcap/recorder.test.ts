import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { virtualClock } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { testFolder } from "../testing/files.js";
import { image, scalar } from "../testing/messages.js";
import { readRecording } from "./read-recording.js";
import { openRecorder } from "./recorder.js";

const folder = testFolder();
const options = { contractText: "polypilot: 1\n", contractName: "test", clock: virtualClock() };

async function all(path: string) {
  const recording = readRecording(path);
  const messages = [];
  for await (const message of recording) messages.push(message);
  return { messages, report: recording.report };
}

describe("openRecorder", () => {
  for (const compression of ["none", "zstd"] as const) {
    it(`returns every message in the order of writing (${compression})`, async () => {
      const path = join(folder, `${compression}.mcap`);
      const recorder = await openRecorder(path, { ...options, compression });
      for (let i = 0; i < 300; i += 1) {
        const ns = 1_000_000_000n + BigInt(i) * 33_333_333n;
        recorder.write("/camera", "sensor_msgs/msg/Image", image(ns, 160, 120, i % 256), ns);
        recorder.write("/offset", "polypilot_msgs/msg/Scalar", scalar(ns, i / 7), ns, ns - 5n);
        if (i % 50 === 0) await recorder.flush();
      }
      await recorder.close();
      const { messages, report } = await all(path);
      expect(report).toMatchObject({ complete: true, truncation: undefined, corruptChunks: 0, profile: "ros2" });
      expect(messages).toHaveLength(600);
      expect(messages.map((m) => m.topic).slice(0, 3)).toEqual(["/camera", "/offset", "/camera"]);
      expect(messages.at(-2)?.message).toEqual(image(1_000_000_000n + 299n * 33_333_333n, 160, 120, 43));
      expect(messages.at(-1)).toMatchObject({ publishTimeNs: 1_000_000_000n + 299n * 33_333_333n - 5n, sequence: 299 });
    });
  }
});
void readFile;
void writeFile;
