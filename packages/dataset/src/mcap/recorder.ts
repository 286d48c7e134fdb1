import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type Clock,
  type MessageType,
  type MessageTypes,
  type Nanoseconds,
  PolypilotError,
  wallClock,
} from "@polypilot/core";
import { type ChunkSink, directSink, writeError } from "./chunk-sink.js";
import { zstdCompressor } from "./compression.js";
import { type MemoryPool, memoryPool } from "./memory-pool.js";
import { preamble } from "./preamble.js";
import { QUEUE_BYTES, recordTo } from "./record-to.js";
import { openedFile } from "./recording-file.js";
import { threadSink } from "./thread-sink.js";

export interface RecorderOptions {
  /** Text of the robot contract, embedded as the attachment robot.yaml. */
  readonly contractText: string;
  readonly contractName: string;
  /** Further facts for the file's metadata record. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** For the half-second timer; the wall's by default. */
  readonly clock?: Clock;
  /** "zstd" (4 ms per MiB, on the thread that writes) pays where masks or depth are recorded; default "none". */
  readonly compression?: "none" | "zstd";
  /** Write on the calling thread. For virtual time, in which nobody waits and the event loop does not turn. Default false. */
  readonly blocking?: boolean;
  /** Largest number of bytes waiting for the disk; what comes while they wait is lost and counted. Default 64 MiB. */
  readonly queueBytes?: number;
  /** Replace an existing file instead of refusing. */
  readonly overwrite?: boolean;
  /** Called once when writing fails, so that the person is told before the recording ends. */
  readonly onError?: (error: PolypilotError) => void;
}

export interface RecorderCounts {
  /** Messages taken, and lost because the disk was behind or failed or they could not be encoded, over all topics. */
  readonly written: number;
  readonly lost: number;
  readonly topics: Readonly<Record<string, { readonly written: number; readonly lost: number }>>;
  /** Bytes of data in the file or on their way there. */
  readonly bytes: number;
}

/** An open recording. */
export interface Recorder {
  readonly path: string;
  /** Takes one message, or its CDR bytes; never waits. It is copied before this returns: the caller may change it then. */
  write<K extends MessageType>(
    topic: string,
    type: K,
    message: MessageTypes[K] | Uint8Array,
    logTimeNs: Nanoseconds,
    publishTimeNs?: Nanoseconds,
  ): void;
  /** Resolves when everything taken so far is in the file. */
  flush(): Promise<void>;
  close(): Promise<void>;
  readonly counts: RecorderCounts;
}

/**
 * An MCAP file (profile ros2, CDR) that is complete at every moment: a killed program loses at most its last second.
 *
 * Messages are encoded straight into chunks of a mebibyte: on the calling thread, each is copied once and not looked at again. A
 * chunk that is full, or half a second old in log time or on the clock, goes to a thread of its own, which sums checksums, compresses,
 * indexes and writes, in such steps that the file is a whole one between any two of them (`liveLayout`): `ros2 bag`, Foxglove and
 * every other reader open it at any time. Until it is closed, the file looks 32 MiB or more longer than it is. What a power cut loses
 * is the operating system's matter.
 *
 * @throws PolypilotError `DATASET_WRITE` or `DATASET_DISK_FULL` if the file cannot be made; `flush` and `close` reject with the
 * same when a later write fails.
 */
export async function openRecorder(path: string, options: RecorderOptions): Promise<Recorder> {
  const file = await openFile(path, options.overwrite ?? false);
  const pool = memoryPool(options.queueBytes ?? QUEUE_BYTES);
  let begun = false;
  const onFailure = (error: PolypilotError) => begun && options.onError?.(error);
  const sink = await openSink(file, path, { ...options, onError: onFailure }, pool);
  begun = !sink.failure;
  const close = async () => {
    await sink.close?.();
    await file.close();
  };
  if (begun) return recordTo(path, options, { sink, pool, close });
  await close();
  throw sink.failure;
}

async function openFile(path: string, overwrite: boolean): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (cause) {
    throw writeError(path, cause);
  }
  try {
    return await open(path, overwrite ? "w" : "wx");
  } catch (cause) {
    if ((cause as { code?: string }).code !== "EEXIST") throw writeError(path, cause);
    throw new PolypilotError("DATASET_EXISTS", ["dataset", "recorder"], {
      expected: `${path} does not exist yet`,
      found: "a file of that name",
      todo: "Choose another name, or allow overwriting",
    });
  }
}

/** A thread that writes the file; the calling one if that is asked for, or no thread starts. */
async function openSink(
  { fd }: FileHandle,
  path: string,
  options: RecorderOptions,
  pool: MemoryPool,
): Promise<ChunkSink & { close?(): Promise<void> }> {
  const { compression = "none", onError = () => {}, clock = wallClock() } = options;
  const beginning = preamble(options, clock.nowNs());
  const order = { fd, path, preamble: beginning, compression, pool, onFailure: onError };
  const thread = options.blocking ? undefined : await threadSink(order);
  const compressor = compression === "zstd" && !thread ? await zstdCompressor() : undefined;
  return thread ?? directSink(openedFile(fd), order, compressor);
}
