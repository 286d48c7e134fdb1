import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Opcode } from "@mcap/core";
import { type Image, type PolypilotError, random, virtualClock } from "@polypilot/core";
import { describe, expect, it, vi } from "vitest";
import { testFolder } from "../testing/files.js";
import { memoryPool } from "./memory-pool.js";
import { preamble } from "./preamble.js";
import { readRecording } from "./read-recording.js";
import { opcodes } from "./record-bytes.js";
import { recordTo } from "./record-to.js";
import { openRecorder, type Recorder, type RecorderOptions } from "./recorder.js";
import { threadSink } from "./thread-sink.js";

const folder = testFolder();
const source = random(5);
const noise = Uint8Array.from({ length: 120_000 }, (_, k) => (k % 7) + source.integer(3));
const contract = { contractText: "polypilot: 1", contractName: "x" };

const image = (i: number, bytes: number): Image => ({
  ...{ header: { stamp: { sec: i, nanosec: 0 }, frame_id: `frame ${i}.` }, height: 1, width: bytes, encoding: "mono8" },
  ...{ is_bigendian: 0, step: bytes, data: noise.subarray(0, bytes) },
});

function writeFrames(recorder: Recorder, from: number, to: number): void {
  for (let i = from; i < to; i += 1) {
    const data = image(i, i > 90 ? 120_000 : 60_000 + i);
    recorder.write(i % 50 === 49 ? "/b" : "/a", "sensor_msgs/msg/Image", data, BigInt(i) * 33_000_000n);
  }
}

/** Six seconds of a camera of 60 kB, twice as much in the second half. */
async function record(name: string, options: Partial<RecorderOptions>): Promise<Buffer> {
  const path = join(folder, name);
  const recorder = await openRecorder(path, { ...contract, clock: virtualClock(7n), ...options });
  for (let i = 0; i < 180; i += 40) {
    writeFrames(recorder, i, Math.min(180, i + 40));
    await recorder.flush();
  }
  await recorder.close();
  expect(recorder.counts).toMatchObject({ written: 180, lost: 0 });
  return readFile(path);
}

/** A recorder whose thread runs this program in place of its own. */
async function recorderWith(
  name: string,
  program: string,
  { onError = () => {}, ...more }: Partial<RecorderOptions> = {},
) {
  const [path, programPath] = [join(folder, `${name}.mcap`), join(folder, `${name}.mjs`)];
  await writeFile(programPath, program);
  const file = await open(path, "w");
  const pool = memoryPool(2 ** 24);
  const options = { ...contract, clock: virtualClock(7n), ...more };
  const order = { path, preamble: preamble(options, 7n), pool, onFailure: onError };
  const sink = await threadSink({ ...order, fd: file.fd, compression: "none", program: programPath });
  const close = async () => {
    await sink?.close();
    await file.close();
  };
  return { sink, pool, recorder: sink && recordTo(path, options, { sink, pool, close }), close };
}

/** The thread's own program, behind a disk that is not as it should be: `body` of writevSync(fd, parts, offset). */
const withDisk = (body: string) => `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const { writevSync, existsSync } = fs;
  fs.writevSync = (fd, parts, offset) => { ${body} return writevSync(fd, parts, offset); };
  syncBuiltinESMExports();
  await import(${JSON.stringify(real)});`;

const real = new URL("../../dist/mcap/writing-worker.js", import.meta.url).href;

describe("threadSink", () => {
  for (const compression of ["none", "zstd"] as const) {
    it(`makes the same file beside the calling thread as on it, byte by byte (${compression})`, async () => {
      const here = await record(`here-${compression}.mcap`, { compression, blocking: true });
      const beside = await record(`beside-${compression}.mcap`, { compression });
      expect(beside.equals(here)).toBe(true);
    });
  }

  it("writes while the event loop does not turn", async () => {
    const path = join(folder, "busy.mcap");
    const recorder = await openRecorder(path, { ...contract, clock: virtualClock(7n) });
    writeFrames(recorder, 0, 120); // 9 MB, of which less than the last MiB is still here
    const until = performance.now() + 20_000;
    let isThere = false;
    while (!isThere && performance.now() < until) isThere = readFileSync(path).includes("frame 100.");
    expect(isThere).toBe(true);
    await recorder.close();
  });

  it("says once that the disk is full, counts what did not come into the file, and rejects", async () => {
    const errors: PolypilotError[] = [];
    const full = `
      if (offset < 2e7 && offset + parts.reduce((sum, part) => sum + part.length, 0) > 2.5e6)
        throw Object.assign(new Error("no space"), { code: "ENOSPC" });`;
    const { recorder } = await recorderWith("full", withDisk(full), { onError: (error) => errors.push(error) });
    for (let i = 0; i < 120; i += 20) {
      writeFrames(recorder!, i, i + 20);
      await recorder!.flush().catch(() => undefined);
    }
    await expect(recorder!.close()).rejects.toMatchObject({ code: "DATASET_DISK_FULL" });
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/no space left on the disk \(ENOSPC\)/),
    ]);
    const recording = readRecording(recorder!.path);
    let messages = 0;
    for await (const _ of recording) messages += 1;
    expect(recording.report.complete).toBe(true);
    const { written, lost } = recorder!.counts;
    expect([written, written + lost]).toEqual([messages, 120]);
    expect(messages).toBeGreaterThan(10);
  });

  it("loses and counts what comes while the disk is behind, and holds no more memory than may wait", async () => {
    const gate = join(folder, "gate");
    const slow = `
      const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      while (offset > 100 && offset < 2e7 && !existsSync(${JSON.stringify(gate)})) sleep();`;
    const { recorder, pool } = await recorderWith("slow", withDisk(slow), { queueBytes: 3_000_000 });
    for (let i = 0; i < 10; i += 1) {
      writeFrames(recorder!, 0, 180); // 170 MB in all
      await setImmediate();
    }
    const { written, lost } = recorder!.counts;
    expect(written + lost).toBe(1800);
    expect(lost).toBeGreaterThan(1700);
    expect(pool.allocations).toBeLessThanOrEqual(4);
    await writeFile(gate, "");
    await recorder!.close();
    expect(await count(recorder!.path)).toBe(written);
  });

  it("rejects and counts as lost what a thread that died had not written", async () => {
    const errors: PolypilotError[] = [];
    const program = `
      await import(${JSON.stringify(real)});
      import { workerData } from "node:worker_threads";
      let chunks = 0;
      workerData.port.on("message", () => { chunks += 1; if (chunks === 3) process.exit(1); });`;
    const { recorder } = await recorderWith("dies", program, { onError: (error) => errors.push(error) });
    writeFrames(recorder!, 0, 120);
    await expect(recorder!.close()).rejects.toMatchObject({ code: "DATASET_WRITE" });
    expect(errors).toHaveLength(1);
    const { written, lost } = recorder!.counts;
    expect(written + lost).toBe(120);
    expect(lost).toBeGreaterThan(50);
    expect(written).toBe(await count(recorder!.path));
  });

  it("starts beside a program that was given on the command line", () => {
    const path = join(folder, "given.mcap");
    const at = (file: string) => JSON.stringify(new URL(`../../dist/mcap/${file}.js`, import.meta.url).href);
    const program = `
      const { threadSink } = await import(${at("thread-sink")});
      const { memoryPool } = await import(${at("memory-pool")});
      const { preamble } = await import(${at("preamble")});
      const { openSync } = await import("node:fs");
      const [path, fd] = [${JSON.stringify(path)}, openSync(${JSON.stringify(path)}, "w")];
      const order = { path, preamble: preamble({ contractText: "", contractName: "" }, 0n), pool: memoryPool(0), onFailure() {} };
      const sink = await threadSink({ ...order, fd, compression: "none" });
      console.log(sink?.dataEnd > 0);
      await sink?.close();`;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    expect(out.trim()).toBe("true");
  });

  it("says why no thread started", async () => {
    const told = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { sink, close } = await recorderWith("none", "import 'no-such-package';");
    expect(sink).toBeUndefined();
    expect(told.mock.calls).toEqual([[expect.stringMatching(/none started .*no-such-package/), "RecorderWarning"]]);
    told.mockRestore();
    await close();
  });
});

it("names MCAP's opcodes as @mcap/core does", () => {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  for (const [name, value] of Object.entries(opcodes))
    expect(Opcode[snake(name) as keyof typeof Opcode], name).toBe(value);
});

async function count(path: string): Promise<number> {
  let messages = 0;
  for await (const _ of readRecording(path)) messages += 1;
  return messages;
}
