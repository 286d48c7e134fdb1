import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { setImmediate, setTimeout } from "node:timers/promises";
import { McapWriter } from "@mcap/core";
import { encodeMessage, type Image, messageSchemas, type Random, random, toRosTime } from "@polypilot/core";
import { openRecorder } from "../mcap/recorder.js";

const TYPE = "sensor_msgs/msg/Image";
const TOPIC = "/camera/image_raw";
const FRAME_NS = 33_333_333n; // 30 Hz

/** A camera's messages to be recorded: 30 different pictures, over and over. */
export interface CameraWork {
  readonly name: string;
  readonly images: readonly Image[];
  readonly frames: number;
  /** Of all messages' CDR. */
  readonly bytes: number;
}

/** What a writer took, from the opening of its file to its closing; nobody asks the system to put the file on the disk. */
export interface Taken {
  readonly seconds: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
}

export function cameraWork(width: number, height: number, frames: number): CameraWork {
  const source = random(1);
  const images = Array.from({ length: 30 }, (_, k) => noisyImage(source, width, height, k));
  const name = `${width}×${height}`;
  return { name, images, frames, bytes: frames * encodeMessage(TYPE, images[0]!).length };
}

function noisyImage(source: Random, width: number, height: number, k: number): Image {
  const step = 3 * width;
  const pixel = (i: number) => 128 + 60 * Math.sin(i / step + k) + 8 * (source.uniform() - 0.5);
  return {
    header: { stamp: toRosTime(BigInt(k)), frame_id: "camera" },
    ...{ height, width, encoding: "rgb8", is_bigendian: 0, step },
    data: Uint8Array.from({ length: step * height }, (_, i) => pixel(i)),
  };
}

/** The messages' CDR, each behind its length in four bytes. */
export function cdrOf({ images }: CameraWork): Uint8Array {
  return Buffer.concat(
    images.flatMap((image) => {
      const cdr = encodeMessage(TYPE, image);
      return [Uint8Array.from([0, 8, 16, 24], (shift) => cdr.length >>> shift), cdr];
    }),
  );
}

async function taken(work: () => Promise<void>): Promise<Taken> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Through the recorder, as fast as it goes: the event loop turns every mebibyte, and every 8 MiB all is let into the file. */
export function recordWithOurs(
  path: string,
  { images, frames, bytes }: CameraWork,
  compression: "none" | "zstd" = "none",
): Promise<Taken> {
  const perTurn = Math.max(1, Math.round((2 ** 20 * frames) / bytes));
  return taken(async () => {
    const recorder = await openRecorder(path, {
      contractText: "",
      contractName: "bench",
      compression,
      overwrite: true,
    });
    for (let i = 0; i < frames; i += 1) {
      recorder.write(TOPIC, TYPE, images[i % images.length]!, BigInt(i + 1) * FRAME_NS);
      if (i % perTurn === 0) await setImmediate();
      if (i % (8 * perTurn) === 0) await recorder.flush();
    }
    await recorder.close();
    if (recorder.counts.lost > 0) throw new Error(`${recorder.counts.lost} messages lost in the bench`);
  });
}

/** Through @mcap/core's writer with its default options: chunks of a mebibyte, no compression, both checksums. */
export function recordWithMcapCore(path: string, { images, frames }: CameraWork): Promise<Taken> {
  return taken(async () => {
    const file = await open(path, "w");
    let position = 0n;
    const writable = {
      position: () => position,
      async write(buffer: Uint8Array) {
        const { bytesWritten } = await file.write(buffer);
        position += BigInt(bytesWritten);
      },
    };
    const writer = new McapWriter({ writable });
    await writer.start({ profile: "ros2", library: "" });
    const data = new TextEncoder().encode(messageSchemas[TYPE]);
    const schemaId = await writer.registerSchema({ name: TYPE, encoding: "ros2msg", data });
    const channel = { schemaId, topic: TOPIC, messageEncoding: "cdr", metadata: new Map<string, string>() };
    const channelId = await writer.registerChannel(channel);
    for (let sequence = 0; sequence < frames; sequence += 1) {
      const logTime = BigInt(sequence + 1) * FRAME_NS;
      const cdr = encodeMessage(TYPE, images[sequence % images.length]!);
      await writer.addMessage({ channelId, sequence, logTime, publishTime: logTime, data: cdr });
    }
    await writer.end();
    await file.close();
  });
}

/** How long messages held the calling thread, sorted, in ms. */
export interface Held {
  readonly all: readonly number[];
  /** Those during which the system did not give the processor to somebody else. */
  readonly undisturbed: readonly number[];
}

/**
 * Records messages that come one by one, as from a camera.
 *
 * The first three are not counted: code is compiled and memory touched for the first time.
 */
export async function heldByRecording(path: string, { images }: CameraWork, frames: number): Promise<Held> {
  const recorder = await openRecorder(path, { contractText: "", contractName: "bench", overwrite: true });
  const held: { readonly ms: number; readonly disturbed: boolean }[] = [];
  for (let i = 0; i < frames + 3; i += 1) {
    await setTimeout(4); // the answers of the thread that writes are taken here
    if (i % 20 === 19) await recorder.flush();
    const before = timesTakenAway();
    const start = performance.now();
    recorder.write(TOPIC, TYPE, images[i % images.length]!, BigInt(i + 1) * FRAME_NS);
    const ms = performance.now() - start;
    if (i >= 3) held.push({ ms, disturbed: timesTakenAway() !== before });
  }
  await recorder.close();
  if (recorder.counts.lost > 0) throw new Error(`${recorder.counts.lost} messages lost in the bench`);
  const sorted = (chosen: typeof held) => chosen.map(({ ms }) => ms).sort((a, b) => a - b);
  return { all: sorted(held), undisturbed: sorted(held.filter(({ disturbed }) => !disturbed)) };
}

/** How often Linux took the processor from this thread; elsewhere nothing tells. */
function timesTakenAway(): string {
  try {
    return /nonvoluntary_ctxt_switches:\s*(\d+)/.exec(readFileSync("/proc/thread-self/status", "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
