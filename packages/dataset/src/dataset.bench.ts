import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { McapWriter } from "@mcap/core";
import { encodeMessage, type Image, messageSchemas, random, toRosTime } from "@polypilot/core";
import { readRecording } from "./mcap/read-recording.js";
import { openRecorder } from "./mcap/recorder.js";

export type BenchReport = (row: { name: string; value: number; unit: string; note?: string }) => void;

const FRAMES = 1500; // 50 s of a 160×120 rgb8 camera at 30 Hz: 86 MB
const TYPE = "sensor_msgs/msg/Image";

/** Recording and reading camera messages, beside @mcap/core's plain writer in the same run. */
export async function bench(report: BenchReport): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "polypilot-bench-"));
  try {
    const images = noisyImages();
    for (const compression of ["none", "zstd"] as const) {
      const path = join(folder, `${compression}.mcap`);
      const { seconds, p99Ms, bytes } = await writeOurs(path, images, compression);
      const size = (await stat(path)).size;
      const note = `${FRAMES} messages, ${(size / bytes).toFixed(2)} of their size`;
      report({ name: `dataset/mcap write (${compression})`, value: bytes / seconds / 1e6, unit: "MB/s", note });
      report({ name: `dataset/mcap write call p99 (${compression})`, value: p99Ms, unit: "ms" });
      const reading = await read(path);
      report({ name: `dataset/mcap read (${compression})`, value: reading, unit: "MB/s", note: "decoded" });
    }
    const plain = await writePlain(join(folder, "plain.mcap"), images);
    const note = "no compression, no crash safety";
    report({ name: "dataset/@mcap/core McapWriter", value: plain, unit: "MB/s", note });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function noisyImages(): Image[] {
  const source = random(1);
  return Array.from({ length: 30 }, (_, k) => ({
    header: { stamp: toRosTime(BigInt(k)), frame_id: "camera" },
    height: 120,
    width: 160,
    encoding: "rgb8",
    is_bigendian: 0,
    step: 480,
    data: Uint8Array.from(
      { length: 57_600 },
      (_, i) => 128 + 60 * Math.sin(i / 480 + k) + 8 * (source.uniform() - 0.5),
    ),
  }));
}

async function writeOurs(path: string, images: readonly Image[], compression: "none" | "zstd") {
  const recorder = await openRecorder(path, { contractText: "", contractName: "bench", compression });
  const callsMs: number[] = [];
  const start = performance.now();
  for (let i = 0; i < FRAMES; i += 1) {
    const before = performance.now();
    recorder.write("/camera/image_raw", TYPE, images[i % images.length]!, BigInt(i + 1) * 33_333_333n);
    callsMs.push(performance.now() - before);
    if (i % 15 === 14) await setImmediate();
    if (i % 300 === 299) await recorder.flush();
  }
  await recorder.close();
  const seconds = (performance.now() - start) / 1000;
  if (recorder.counts.lost > 0) throw new Error(`${recorder.counts.lost} messages lost in the bench`);
  const p99Ms = callsMs.sort((a, b) => a - b)[Math.floor(0.99 * FRAMES)]!;
  return { seconds, p99Ms, bytes: FRAMES * encodeMessage(TYPE, images[0]!).length };
}

async function read(path: string): Promise<number> {
  const start = performance.now();
  let bytes = 0;
  for await (const message of readRecording(path)) {
    bytes += message.data.length;
    if (!message.message) throw new Error("a message was not decoded");
  }
  return bytes / (performance.now() - start) / 1e3;
}

async function writePlain(path: string, images: readonly Image[]): Promise<number> {
  const file = await open(path, "w");
  let position = 0n;
  const writer = new McapWriter({
    writable: {
      position: () => position,
      async write(buffer) {
        const { bytesWritten } = await file.write(buffer);
        position += BigInt(bytesWritten);
      },
    },
    chunkSize: 512 * 1024,
  });
  const start = performance.now();
  await writer.start({ profile: "ros2", library: "" });
  const data = new TextEncoder().encode(messageSchemas[TYPE]);
  const schemaId = await writer.registerSchema({ name: TYPE, encoding: "ros2msg", data });
  const channel = { schemaId, topic: "/camera/image_raw", messageEncoding: "cdr", metadata: new Map() };
  const channelId = await writer.registerChannel(channel);
  let bytes = 0;
  for (let sequence = 0; sequence < FRAMES; sequence += 1) {
    const logTime = BigInt(sequence + 1) * 33_333_333n;
    const cdr = encodeMessage(TYPE, images[sequence % images.length]!);
    bytes += cdr.length;
    await writer.addMessage({ channelId, sequence, logTime, publishTime: logTime, data: cdr });
  }
  await writer.end();
  await file.close();
  return bytes / (performance.now() - start) / 1e3;
}
