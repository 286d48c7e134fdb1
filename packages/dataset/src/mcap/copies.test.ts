import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeMessage, type Image, virtualClock } from "@polypilot/core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { byteSource } from "./byte-source.js";
import { chunkBuffer } from "./chunk-buffer.js";
import { memoryPool } from "./memory-pool.js";
import { preamble } from "./preamble.js";
import { readRecording } from "./read-recording.js";
import { recordTo } from "./record-to.js";
import { openRecorder, type Recorder } from "./recorder.js";
import { recordingFile } from "./recording-file.js";
import { newScanState, scan } from "./scan.js";
import { threadSink } from "./thread-sink.js";

const summed = vi.hoisted(() => ({ bytes: 0 })); // by this thread
vi.mock("./crc.js", async (original) => {
  const crc = await original<typeof import("./crc.js")>();
  const crc32: typeof crc.crc32 = (data, before) => {
    summed.bytes += data.length;
    return crc.crc32(data, before);
  };
  return { ...crc, crc32 };
});

const WIDTH = 640;
const HEIGHT = 480;
const PIXELS = WIDTH * HEIGHT * 3;
const TYPE = "sensor_msgs/msg/Image";
const data = new Uint8Array(PIXELS).fill(7);
const header = { stamp: { sec: 1, nanosec: 0 }, frame_id: "camera" };
const image: Image = { header, height: HEIGHT, width: WIDTH, encoding: "rgb8", is_bigendian: 0, step: 3 * WIDTH, data };
const options = { contractText: "", contractName: "", clock: virtualClock() };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dataset-copies-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Lengths of all copies between arrays from now on that are no small ones; other ways to copy count too. */
function countCopies(): number[] {
  const copies: number[] = [];
  const note = (length: number) => length > 1000 && copies.push(length);
  const typed = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
  const { set, slice } = typed;
  vi.spyOn(typed, "set").mockImplementation(function (this: Uint8Array, from, at) {
    note(from.length);
    set.call(this, from, at);
  });
  vi.spyOn(typed, "slice").mockImplementation(function (this: Uint8Array, from, to) {
    const result = slice.call(this, from, to);
    note(result.length);
    return result;
  });
  for (const name of ["concat", "from"] as const)
    vi.spyOn(Buffer, name).mockImplementation(() => {
      throw new Error(`Buffer.${name} copies`);
    });
  return copies;
}

function writeImages(recorder: Recorder, count: number, message: Image | Uint8Array): void {
  for (let i = 0; i < count; i += 1) recorder.write("/camera", TYPE, message, BigInt(i));
}

describe("a message on its way to the file", () => {
  it.each([
    ["a message", image, PIXELS],
    ["its CDR", encodeMessage(TYPE, image), encodeMessage(TYPE, image).length],
  ])("is copied once, and summed by another thread (%s)", async (name, message, length) => {
    const recorder = await openRecorder(join(folder, `${name}.mcap`), options);
    summed.bytes = 0;
    const copies = countCopies();
    writeImages(recorder, 5, message);
    vi.restoreAllMocks();
    await recorder.close();
    expect(copies).toEqual(new Array(5).fill(length));
    expect(summed.bytes).toBe(0);
  });

  it("is summed once and written once, from where it was encoded", () => {
    const parts: Uint8Array[] = [];
    const disk = {
      writev: (written: readonly Uint8Array[]) => {
        parts.push(...written);
        return written.reduce((sum, part) => sum + part.length, 0);
      },
      truncate: () => {},
    };
    const chunk = chunkBuffer(2 ** 20, memoryPool(0));
    const file = recordingFile(disk, preamble(options, 0n));
    const cdr = encodeMessage(TYPE, image);
    chunk.addMessage(1, 0, 0n, 0n, { byteLength: cdr.length, putInto: (target, at) => target.set(cdr, at) });
    const { memory, byteLength } = chunk.seal();
    const copies = countCopies();
    summed.bytes = 0;
    vi.mocked(Buffer.concat).mockRestore(); // of the tail's small parts
    file.add(new Uint8Array(memory, 0, byteLength));
    file.finish();
    expect(copies).toEqual([]);
    expect(summed.bytes).toBeGreaterThanOrEqual(byteLength);
    expect(summed.bytes - byteLength).toBeLessThan(2000);
    expect(parts.filter(({ length }) => length > 1000)).toHaveLength(1);
    expect(parts.find(({ length }) => length > 1000)!.buffer).toBe(memory);
  });

  it("costs the same checksums and writes however long the recording is", () => {
    let written = 0;
    const disk = {
      writev: (parts: readonly Uint8Array[]) => {
        const bytes = parts.reduce((sum, part) => sum + part.length, 0);
        written += bytes;
        return bytes;
      },
      truncate: () => {},
    };
    const pool = memoryPool(2 ** 24);
    const chunk = chunkBuffer(1000, pool);
    const file = recordingFile(disk, preamble(options, 0n));
    const costs = Array.from({ length: 1000 }, (_, i) => {
      [summed.bytes, written] = [0, 0];
      chunk.addMessage(1, i, BigInt(i), 0n, { byteLength: 100, putInto: () => {} });
      const { memory, byteLength } = chunk.seal();
      file.add(new Uint8Array(memory, 0, byteLength));
      pool.give(memory);
      return [summed.bytes, written];
    });
    expect(costs.slice(1).every(([sums]) => sums === costs[1]![0])).toBe(true);
    expect(Math.max(...costs.map(([, bytes]) => bytes!))).toBeLessThan(1200);
    expect(pool.allocations).toBe(1);
  });

  it("finds memory that was used before: three buffers do for a camera whose messages come into the file", async () => {
    const path = join(folder, "pool.mcap");
    const file = await open(path, "w");
    const pool = memoryPool(2 ** 24);
    const order = { fd: file.fd, path, preamble: preamble(options, 0n), pool, onFailure: () => {} };
    const sink = (await threadSink({ ...order, compression: "none" }))!;
    const recorder = recordTo(path, options, { sink, pool, close: () => sink.close().then(() => file.close()) });
    for (let round = 0; round < 30; round += 1) {
      writeImages(recorder, 2, image);
      await recorder.flush();
    }
    await recorder.close();
    expect(recorder.counts).toMatchObject({ written: 60, lost: 0 });
    expect(pool.allocations).toBeLessThanOrEqual(3);
  });
});

describe("a message on its way from the file", () => {
  it("is read once and not copied", async () => {
    const path = join(folder, "read.mcap");
    const recorder = await openRecorder(path, { ...options, blocking: true });
    writeImages(recorder, 20, image);
    await recorder.close();
    const file = await readFile(path);
    let read = 0;
    const handle = {
      read: async (buffer: Buffer, at: number, length: number, position: number) => {
        const bytesRead = file.copy(buffer, at, position, position + length);
        read += bytesRead;
        return { bytesRead, buffer };
      },
    };
    let messages = 0;
    for await (const found of scan(byteSource(handle as never, file.length), newScanState())) messages += found.length;
    expect(messages).toBe(20);
    expect(read).toBeLessThanOrEqual(file.length + 8); // the magic at the end
    for await (const { data: cdr, message } of readRecording(path)) {
      expect((message as Image).data.buffer).toBe(cdr.buffer);
      expect(cdr.buffer.byteLength).toBeGreaterThan(cdr.length); // a view of what was read
    }
  });
});
