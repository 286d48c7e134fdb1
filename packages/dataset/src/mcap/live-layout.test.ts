import { McapIndexedReader, McapRecordBuilder } from "@mcap/core";
import { virtualClock } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkBuffer } from "./chunk-buffer.js";
import type { Step } from "./live-layout.js";
import { memoryPool } from "./memory-pool.js";
import { preamble } from "./preamble.js";
import { recordingFile } from "./recording-file.js";
import { newScanState, scan } from "./scan.js";

const ROOM = 20_000;
const schema = {
  id: 1,
  name: "std_msgs/msg/String",
  encoding: "ros2msg",
  data: new TextEncoder().encode("string data\n"),
};
const record = (write: (b: McapRecordBuilder) => void) => {
  const builder = new McapRecordBuilder();
  write(builder);
  return builder.buffer;
};

/** The steps by which chunks of these sizes come into a file. */
function recordingSteps(sizes: readonly number[]): { step: Step; kind: string }[] {
  const all: { step: Step; kind: string }[] = [];
  let kind = "begin";
  const disk = {
    writev(parts: readonly Uint8Array[], offset: number) {
      const data = Buffer.concat(parts); // a copy: the memory is used again
      all.push({ step: { parts: [data], offset }, kind });
      return data.length;
    },
    truncate: (length: number) => void all.push({ step: { truncateTo: length }, kind }),
  };
  const pool = memoryPool(100_000);
  const chunk = chunkBuffer(1024, pool);
  const clock = virtualClock();
  const file = recordingFile(disk, preamble({ contractText: "", contractName: "", clock }, 0n), { room: ROOM });
  kind = "add";
  chunk.addRecord(record((b) => b.writeSchema(schema)));
  const channel = { id: 1, schemaId: 1, topic: "/a", messageEncoding: "cdr", metadata: new Map<string, string>() };
  chunk.addRecord(record((b) => b.writeChannel(channel)));
  for (const [sequence, byteLength] of sizes.entries()) {
    const putInto = (target: Uint8Array, at: number) => void target.fill(sequence, at, at + byteLength);
    chunk.addMessage(1, sequence, BigInt(sequence + 1), 0n, { byteLength, putInto });
    const sealed = chunk.seal();
    expect(file.add(new Uint8Array(sealed.memory, 0, sealed.byteLength))).toBe(true);
    pool.give(sealed.memory);
  }
  kind = "finish";
  file.finish();
  return all;
}

/** A file in memory after a step, of which only the first `bytes` bytes came through. */
function apply(file: Buffer, step: Step, bytes = Number.POSITIVE_INFINITY): Buffer {
  if ("truncateTo" in step) return file.subarray(0, step.truncateTo);
  const data = Buffer.concat(step.parts).subarray(0, bytes);
  const grown = Buffer.alloc(Math.max(file.length, step.offset + data.length));
  file.copy(grown);
  data.copy(grown, step.offset);
  return grown;
}

const lengthOf = (step: Step) => ("truncateTo" in step ? 0 : Buffer.concat(step.parts).length);

/** Messages that a reader by index finds, checksums checked; and those that one without an index finds. */
async function readBoth(file: Buffer): Promise<{ indexed: number; streamed: number; complete: boolean }> {
  const read = async (offset: bigint, size: bigint) =>
    new Uint8Array(file.subarray(Number(offset), Number(offset + size)));
  const reader = await McapIndexedReader.Initialize({ readable: { size: async () => BigInt(file.length), read } });
  let indexed = 0;
  for await (const _ of reader.readMessages({ validateCrcs: true })) indexed += 1;
  const state = newScanState();
  let streamed = 0;
  const source = {
    size: file.length,
    read: async (at: number, n: number) => new Uint8Array(file.subarray(at, at + n)),
  };
  for await (const messages of scan(source, state)) streamed += messages.length;
  return { indexed, streamed, complete: state.complete && state.corruptRecords + state.corruptChunks === 0 };
}

describe("liveLayout", () => {
  it("shows a whole file between any two steps, to readers with and without an index, and loses nothing", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (chunks) => {
        let file: Buffer = Buffer.alloc(0);
        let before = 0;
        let last = { indexed: 0, streamed: 0, complete: false };
        for (const [i, { step, kind }] of recordingSteps(chunks).entries()) {
          file = apply(file, step);
          if (kind === "begin" && i === 0) continue; // a file that is only begun
          if (isMoved(file)) continue; // a new tail is written and the gap not yet widened: streamed readers stop early
          last = await readBoth(file);
          expect(last.indexed).toBeGreaterThanOrEqual(before);
          expect(last.streamed).toBeGreaterThanOrEqual(last.indexed);
          before = last.indexed;
        }
        expect(last).toEqual({ indexed: chunks.length, streamed: chunks.length, complete: true });
      }),
      { numRuns: 30 },
    );
  });

  it("shows what it showed before if the writing of data breaks off at any byte", async () => {
    const steps = recordingSteps([3000, 8000, 500, 7000]);
    let file: Buffer = Buffer.alloc(0);
    let tried = 0;
    for (const { step, kind } of steps) {
      const hidden = kind === "add" && lengthOf(step) > 500; // not the nine bytes, nor the end of the tail
      if (hidden && !("truncateTo" in step) && step.offset < file.length - 1000) {
        const whole = await readBoth(file);
        for (let bytes = 0; bytes <= lengthOf(step); bytes += 97) {
          expect(await readBoth(apply(file, step, bytes))).toEqual(whole);
          tried += 1;
        }
      }
      file = apply(file, step);
    }
    expect(tried).toBeGreaterThan(150);
  });

  it("rewrites less than a page of the tail for each chunk, however many there are", () => {
    const writes = recordingSteps(new Array<number>(60).fill(100)).filter(({ kind }) => kind === "add");
    // Three steps a chunk: data, nine bytes, end of the tail. The first chunk brings the topic.
    const tails = writes.filter((_, i) => i % 3 === 2).slice(1);
    expect(Math.max(...tails.map(({ step }) => lengthOf(step)))).toBeLessThan(700);
  });
});

/** Whether a footer lies within the file, as it does between the two steps of moving the tail. */
function isMoved(file: Buffer): boolean {
  const magic = Buffer.from([0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a]);
  const inner = file.indexOf(magic, 8);
  if (inner === file.length - 8) return false;
  // Covered by the gap: the record at the end of the data reaches to the last tail.
  let at = 8;
  while (at < file.length && file[at] !== 0x0f) at += 9 + Number(file.readBigUInt64LE(at + 1));
  return at < inner;
}
