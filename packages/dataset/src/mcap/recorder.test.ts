import { openSync, writevSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { McapIndexedReader, type McapTypes } from "@mcap/core";
import { encodeMessage, type PolypilotError, virtualClock } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testFolder } from "../testing/files.js";
import { image, scalar } from "../testing/messages.js";
import { pythonMcap, pythonSummary } from "../testing/python-mcap.js";
import { type ChunkSink, directSink } from "./chunk-sink.js";
import { decompressor } from "./compression.js";
import { plainCrc32 } from "./crc.js";
import { memoryPool } from "./memory-pool.js";
import { preamble } from "./preamble.js";
import { type RecordedMessage, readRecording } from "./read-recording.js";
import { recordTo } from "./record-to.js";
import { openRecorder, type Recorder, type RecorderOptions } from "./recorder.js";
import { openedFile, type SyncFile } from "./recording-file.js";

const folder = testFolder();
const START = 1_000_000_000n;
const FRAME = 33_333_333n;
const options = { contractText: "polypilot: 1\n", contractName: "test.yaml", clock: virtualClock() };

async function all(path: string) {
  const recording = readRecording(path);
  const messages: RecordedMessage[] = [];
  for await (const message of recording) messages.push(message);
  return { messages, report: recording.report };
}

function writeFrame(recorder: Recorder, i: number): void {
  const ns = START + BigInt(i) * FRAME;
  recorder.write("/camera", "sensor_msgs/msg/Image", image(ns, 160, 120, i % 256), ns);
  recorder.write("/offset", "polypilot_msgs/msg/Scalar", scalar(ns, i / 7), ns, ns - 5n);
}

async function recordFrames(path: string, count: number, compression: "none" | "zstd" = "none"): Promise<void> {
  const recorder = await openRecorder(path, { ...options, compression });
  for (let i = 0; i < count; i += 1) {
    writeFrame(recorder, i);
    if (i % 50 === 0) await recorder.flush();
  }
  await recorder.close();
}

/** A file on a disk of so many pages. */
function fullDisk(path: string, pages: number): SyncFile {
  const fd = openSync(path, "w");
  const used = new Set<number>();
  return {
    truncate: openedFile(fd).truncate,
    writev(parts, offset) {
      const end = offset + parts.reduce((sum, part) => sum + part.length, 0);
      for (let page = Math.floor(offset / 4096); page < Math.ceil(end / 4096); page += 1) used.add(page);
      if (used.size > pages) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      return writevSync(fd, parts, offset);
    },
  };
}

/** A recorder whose sink is written to here, with what a test changes about it. */
function recorderTo(
  file: SyncFile,
  path: string,
  more: Partial<RecorderOptions>,
  change: (sink: ChunkSink) => ChunkSink = (sink) => sink,
) {
  const pool = memoryPool(2 ** 24);
  const all = { ...options, ...more };
  const onFailure = all.onError ?? (() => {});
  const sink = change(directSink(file, { path, preamble: preamble(all, 0n), pool, onFailure }));
  return recordTo(path, all, { sink, pool, close: async () => {} });
}

/** A sink whose chunks wait until it is to settle. */
function slowSink(sink: ChunkSink): ChunkSink {
  const waiting: [ArrayBuffer, number][] = [];
  return {
    ...sink,
    get pendingBytes() {
      return waiting.reduce((sum, [, bytes]) => sum + bytes, 0);
    },
    write: (memory, byteLength) => void waiting.push([memory, byteLength]),
    async settled() {
      for (const [memory, byteLength] of waiting.splice(0)) sink.write(memory, byteLength);
    },
  };
}

describe("openRecorder", () => {
  for (const compression of ["none", "zstd"] as const) {
    it(`returns every message in the order of writing (${compression})`, async () => {
      const path = join(folder, `${compression}.mcap`);
      await recordFrames(path, 300, compression);
      const { messages, report } = await all(path);
      expect(report).toMatchObject({ complete: true, truncation: undefined, corruptChunks: 0, profile: "ros2" });
      expect(messages).toHaveLength(600);
      expect(messages.slice(0, 3).map((m) => m.topic)).toEqual(["/camera", "/offset", "/camera"]);
      const last = START + 299n * FRAME;
      expect(messages.at(-2)?.message).toEqual(image(last, 160, 120, 43));
      expect(messages.at(-1)).toMatchObject({ logTimeNs: last, publishTimeNs: last - 5n, sequence: 299 });
    });

    it(`is read by index and checksum with MCAP's own reader (${compression})`, async () => {
      const path = join(folder, `indexed-${compression}.mcap`);
      await recordFrames(path, 60, compression);
      const bytes = await readFile(path);
      const decompress = (await decompressor("zstd"))!;
      const reader = await McapIndexedReader.Initialize({
        readable: {
          size: async () => BigInt(bytes.length),
          read: async (offset, size) => new Uint8Array(bytes.subarray(Number(offset), Number(offset + size))),
        },
        decompressHandlers: { zstd: (data, size) => decompress(data, Number(size)) },
      });
      const offsets: McapTypes.Message[] = [];
      for await (const message of reader.readMessages({ topics: ["/offset"], validateCrcs: true }))
        offsets.push(message);
      expect(offsets).toHaveLength(60);
      const expected = encodeMessage("polypilot_msgs/msg/Scalar", scalar(START + 59n * FRAME, 59 / 7));
      expect(new Uint8Array(offsets.at(-1)!.data)).toEqual(expected);
      expect(reader.statistics).toMatchObject({ messageCount: 120n, attachmentCount: 1, channelCount: 2 });
      const dataEnd = Number(reader.dataEndOffset);
      expect(bytes.readUInt32LE(dataEnd + 9), "the data's checksum").toBe(plainCrc32(bytes.subarray(0, dataEnd)));
    });
  }

  it("opens with MCAP's Python reader, contract and all", async ({ skip }) => {
    const python = pythonMcap();
    if (!python) return skip();
    const path = join(folder, "python.mcap");
    await recordFrames(path, 100);
    expect(JSON.parse(python(pythonSummary, path))).toEqual({
      profile: "ros2",
      messages: 200,
      counted: 200,
      last: String(START + 99n * FRAME),
      schemas: { "/camera": "sensor_msgs/msg/Image", "/offset": "polypilot_msgs/msg/Scalar" },
      attachments: [["robot.yaml", "application/yaml", "polypilot: 1\n"]],
      metadata: ["polypilot"],
    });
  }, 200_000);

  it("is complete on disk after every write, and holds all but the last half second of log time", async () => {
    const path = join(folder, "alive.mcap");
    const recorder = await openRecorder(path, { ...options, blocking: true });
    for (let i = 0; i < 200; i += 1) {
      writeFrame(recorder, i);
      if (i % 7 !== 0) continue;
      const { messages, report } = await all(path);
      expect(report.complete).toBe(true);
      const seenNs = messages.at(-1)?.logTimeNs ?? START;
      expect(START + BigInt(i) * FRAME - seenNs).toBeLessThanOrEqual(500_000_000n + FRAME);
    }
    await recorder.close();
  });

  it("goes to the file by the clock when no further message comes", async () => {
    const path = join(folder, "timer.mcap");
    const clock = virtualClock(START);
    const recorder = await openRecorder(path, { ...options, clock });
    writeFrame(recorder, 0);
    await clock.runUntil(START + 499_000_000n);
    expect((await all(path)).messages).toHaveLength(0);
    await clock.runUntil(START + 500_000_000n);
    await recorder.flush();
    expect((await all(path)).messages).toHaveLength(2);
    await recorder.close();
  });

  it("gives equal bytes for equal messages in virtual time", async () => {
    const files = [];
    for (const name of ["once", "twice"]) {
      const path = join(folder, `${name}.mcap`);
      const recorder = await openRecorder(path, { ...options, blocking: true });
      for (let i = 0; i < 40; i += 1) writeFrame(recorder, i);
      await recorder.close();
      files.push(await readFile(path));
    }
    expect(files[0]!.equals(files[1]!)).toBe(true);
  });

  it("recovers all complete chunks of a file cut at any byte, without an error, and tells where it breaks off", async () => {
    const path = join(folder, "whole.mcap");
    const recorder = await openRecorder(path, { ...options, blocking: true });
    for (let i = 0; i < 120; i += 1) {
      const ns = START + BigInt(i) * FRAME;
      recorder.write("/camera", "sensor_msgs/msg/Image", image(ns, 40, 30, i), ns);
    }
    await recorder.close();
    const bytes = await readFile(path);
    const ends = await chunkEnds(bytes);
    expect(ends.length).toBeGreaterThan(5);
    const cutPath = join(folder, "cut.mcap");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 8, max: bytes.length - 1 }), async (cut) => {
        await writeFile(cutPath, bytes.subarray(0, cut));
        const { messages, report } = await all(cutPath);
        const whole = ends.filter(({ end }) => end <= cut);
        expect(messages).toHaveLength(whole.reduce((sum, { messages: n }) => sum + n, 0));
        expect(report.complete).toBe(false);
        expect(report.truncation).toMatch(/breaks off at byte \d+ /);
      }),
      { numRuns: 150 },
    );
  });

  it("counts what is lost while the disk is behind, and loses nothing else", async () => {
    const path = join(folder, "behind.mcap");
    const recorder = recorderTo(openedFile(openSync(path, "w")), path, { queueBytes: 1_000_000 }, slowSink);
    for (let i = 0; i < 100; i += 1) writeFrame(recorder, i);
    const { written, lost, topics } = recorder.counts;
    expect(lost).toBeGreaterThan(100);
    expect(written + lost).toBe(200);
    expect(topics["/camera"]!.written).toBeLessThanOrEqual(19); // 1 MB holds 17 images, and the last may overshoot
    await recorder.flush();
    writeFrame(recorder, 100);
    expect(recorder.counts).toMatchObject({ written: written + 2, lost });
    await recorder.close();
    expect((await all(path)).messages).toHaveLength(written + 2);
  });

  it("refuses to go on when the disk is full, says so once, and leaves a whole file", async () => {
    const path = join(folder, "full.mcap");
    const errors: PolypilotError[] = [];
    const recorder = recorderTo(fullDisk(path, 800), path, { onError: (error) => errors.push(error) });
    for (let i = 0; i < 100; i += 1) {
      writeFrame(recorder, i);
      if (i % 10 === 9) await recorder.flush().catch(() => undefined);
    }
    await expect(recorder.close()).rejects.toMatchObject({ code: "DATASET_DISK_FULL" });
    expect(errors).toHaveLength(1);
    expect(errors[0]!.message).toMatch(/\[dataset\] \[recorder\] .*full\.mcap can be written\. Found no space left/);
    const { messages, report } = await all(path);
    expect(report.complete).toBe(true);
    expect(messages.length).toBeGreaterThan(50);
    const { written, lost } = recorder.counts;
    expect([written, written + lost]).toEqual([messages.length, 200]);
  });

  it("counts a message that cannot be encoded as lost, and goes on", async () => {
    const path = join(folder, "odd.mcap");
    const recorder = await openRecorder(path, options);
    recorder.write("/imu", "sensor_msgs/msg/Imu", { orientation_covariance: new Float64Array(3) } as never, START);
    recorder.write("/offset", "polypilot_msgs/msg/Scalar", scalar(START, 1), START);
    await recorder.close();
    expect(recorder.counts).toMatchObject({ written: 1, lost: 1, topics: { "/imu": { written: 0, lost: 1 } } });
    expect((await all(path)).messages.map((m) => m.topic)).toEqual(["/offset"]);
  });

  it("refuses an unwritable path, an existing file and a wrong use", async () => {
    const path = join(folder, "exists.mcap");
    const recorder = await openRecorder(path, options);
    await expect(openRecorder(join(path, "x.mcap"), options)).rejects.toMatchObject({ code: "DATASET_WRITE" });
    await expect(openRecorder(path, options)).rejects.toMatchObject({ code: "DATASET_EXISTS" });
    recorder.write("/offset", "polypilot_msgs/msg/Scalar", scalar(START, 1), START);
    expect(() => recorder.write("/offset", "std_msgs/msg/String", { data: "" }, START)).toThrow(
      "[dataset] [recorder] /offset carries polypilot_msgs/msg/Scalar. Found std_msgs/msg/String.",
    );
    await recorder.close();
    expect(() => recorder.write("/offset", "polypilot_msgs/msg/Scalar", scalar(START, 1), START)).toThrow(
      "after close",
    );
  });
});

/** Where each chunk ends, and how many messages it holds. */
async function chunkEnds(bytes: Buffer): Promise<{ end: number; messages: number }[]> {
  const reader = await McapIndexedReader.Initialize({
    readable: {
      size: async () => BigInt(bytes.length),
      read: async (offset, size) => new Uint8Array(bytes.subarray(Number(offset), Number(offset + size))),
    },
  });
  const times: bigint[] = [];
  for await (const { logTime } of reader.readMessages()) times.push(logTime);
  return reader.chunkIndexes.map(({ chunkStartOffset, chunkLength, messageStartTime, messageEndTime }) => ({
    end: Number(chunkStartOffset + chunkLength),
    messages: times.filter((t) => t >= messageStartTime && t <= messageEndTime).length,
  }));
}
