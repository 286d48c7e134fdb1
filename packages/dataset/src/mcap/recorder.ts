import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { McapRecordBuilder } from "@mcap/core";
import {
  type Clock,
  encodeMessage,
  type MessageType,
  type MessageTypes,
  messageSchemas,
  msToNs,
  type Nanoseconds,
  PolypilotError,
  wallClock,
} from "@polypilot/core";
import { type Compressor, chunkBuffer } from "./chunk-buffer.js";
import { zstdCompressor } from "./compression.js";
import { fileSink, type WritableFile, writeError } from "./file-sink.js";
import { type Summary, summary } from "./summary.js";

export interface RecorderOptions {
  /** Text of the robot contract, embedded as the attachment robot.yaml. */
  readonly contractText: string;
  readonly contractName: string;
  /** Further facts for the file's metadata record. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** For the half-second timer; the wall's by default. */
  readonly clock?: Clock;
  /** "zstd" costs 4 ms of the calling thread per MiB and pays where masks or depth are recorded; default "none". */
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
  /** Messages accepted and lost, over all topics. */
  readonly written: number;
  readonly lost: number;
  readonly topics: Readonly<Record<string, { readonly written: number; readonly lost: number }>>;
  /** Bytes of data in the file or on their way there. */
  readonly bytes: number;
}

/** An open recording. */
export interface Recorder {
  readonly path: string;
  /** Takes one message, or its CDR bytes; never waits. */
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

interface Channel {
  readonly id: number;
  readonly type: MessageType;
  sequence: number;
  lost: number;
}

const CHUNK_BYTES = 512 * 1024;
const BATCH_BYTES = 4 * 1024 * 1024;
const PERIOD_NS = msToNs(500);

/**
 * An MCAP file (profile ros2, CDR) that is complete at every moment: a killed program loses at most its last second.
 *
 * Messages gather in chunks; at least every half second, in log time or on the clock, the chunks go to the file together with a
 * whole summary section and footer, which the next write overwrites. `ros2 bag` and Foxglove open the file at any time.
 *
 * @throws PolypilotError `DATASET_WRITE` or `DATASET_DISK_FULL` if the file cannot be made; `flush` and `close` reject with the
 * same when a later write fails.
 */
export async function openRecorder(path: string, options: RecorderOptions): Promise<Recorder> {
  const compressor = options.compression === "zstd" ? await zstdCompressor() : undefined;
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (cause) {
    throw writeError(path, cause);
  }
  const file = await open(path, options.overwrite ? "w" : "wx").catch((cause: { code?: string }) => {
    if (cause.code !== "EEXIST") throw writeError(path, cause);
    throw new PolypilotError("DATASET_EXISTS", ["dataset", "recorder"], {
      expected: `${path} does not exist yet`,
      found: "a file of that name",
      todo: "Choose another name, or allow overwriting",
    });
  });
  return recordTo(file, path, options, compressor);
}

/** As `openRecorder`, into a file that is open. */
export async function recordTo(
  file: WritableFile,
  path: string,
  options: RecorderOptions,
  compressor?: Compressor,
): Promise<Recorder> {
  const clock = options.clock ?? wallClock();
  const facts = summary();
  const channels = new Map<string, Channel>();
  const schemaIds = new Map<MessageType, number>();
  const chunk = chunkBuffer(CHUNK_BYTES + 128 * 1024, compressor);
  const sink = fileSink(file, path, (offset) => facts.tailAt(offset, dataCrc), options.blocking ?? false);
  const queueBytes = options.queueBytes ?? 64 * 1024 * 1024;
  let dataCrc = 0;
  let firstNs: Nanoseconds | undefined; // log time of the first message not yet committed
  let cancelTimer = () => {};
  let told = false;
  let closed = false;

  const put = (parts: readonly Uint8Array[]) => {
    sink.append(parts);
    for (const part of parts) dataCrc = crc32(part, dataCrc);
  };
  const closeChunk = () => {
    if (chunk.empty) return;
    const done = chunk.close();
    facts.addChunk(done, sink.position);
    put(done.parts);
  };
  const commit = () => {
    cancelTimer();
    firstNs = undefined;
    closeChunk();
    sink.commit();
    if (sink.failure && !told) {
      told = true;
      options.onError?.(sink.failure);
    }
  };
  const schemaId = (type: MessageType) => {
    const known = schemaIds.get(type);
    if (known) return known;
    const id = schemaIds.size + 1;
    const schema = { id, name: type, encoding: "ros2msg", data: new TextEncoder().encode(messageSchemas[type]) };
    facts.addSchema(schema);
    chunk.addRecord(record((b) => b.writeSchema(schema)));
    schemaIds.set(type, id);
    return id;
  };
  const addChannel = (topic: string, type: MessageType): Channel => {
    const channel = { id: channels.size + 1, type, sequence: 0, lost: 0 };
    channels.set(topic, channel);
    const metadata = new Map([["offered_qos_profiles", ""]]);
    const info = { id: channel.id, schemaId: schemaId(type), topic, messageEncoding: "cdr", metadata };
    facts.addChannel(info);
    chunk.addRecord(record((b) => b.writeChannel(info)));
    return channel;
  };
  const due = (logTimeNs: Nanoseconds) => {
    const since = logTimeNs - (firstNs ?? logTimeNs);
    return since >= PERIOD_NS || -since >= PERIOD_NS;
  };
  const finish = async () => {
    commit();
    await sink.settled();
    if (sink.failure) throw sink.failure;
  };

  const recorder: Recorder = {
    path,
    write(topic, type, message, logTimeNs, publishTimeNs = logTimeNs) {
      if (closed) throw wrongUse(`${path} is open`, "a write after close", "Close the recorder last");
      if (logTimeNs < 0n || publishTimeNs < 0n)
        throw wrongUse("recorded times are not negative", `${logTimeNs} ns`, "Start the clock at or after zero");
      const channel = channels.get(topic) ?? addChannel(topic, type);
      if (channel.type !== type) throw wrongUse(`${topic} carries ${channel.type}`, type, "Use one type on each topic");
      if (sink.failure || sink.queuedBytes + chunk.byteLength >= queueBytes) {
        channel.lost += 1;
        commit();
        return;
      }
      if (firstNs !== undefined && due(logTimeNs)) commit();
      const data = message instanceof Uint8Array ? message : encodeMessage(type, message);
      chunk.addMessage(channel.id, channel.sequence++, logTimeNs, publishTimeNs, data);
      if (firstNs === undefined) {
        firstNs = logTimeNs;
        cancelTimer = clock.at(clock.nowNs() + PERIOD_NS, commit);
      }
      if (chunk.byteLength >= CHUNK_BYTES) closeChunk();
      if (sink.queuedBytes >= BATCH_BYTES) sink.commit();
    },
    flush: finish,
    async close() {
      if (closed) return;
      closed = true;
      try {
        await finish();
      } finally {
        cancelTimer();
        await file.close();
      }
    },
    get counts() {
      return count(channels, sink.position + chunk.byteLength);
    },
  };
  put(preamble(options, clock.nowNs(), facts));
  sink.commit();
  await sink.settled();
  if (sink.failure) {
    await file.close();
    throw sink.failure;
  }
  return recorder;
}

function record(write: (builder: McapRecordBuilder) => void): Uint8Array {
  const builder = new McapRecordBuilder();
  write(builder);
  return builder.buffer;
}

/** Magic, header, the contract and the file's metadata. */
function preamble(options: RecorderOptions, nowNs: Nanoseconds, facts: Summary): Uint8Array[] {
  const start = record((b) => {
    b.writeMagic();
    b.writeHeader({ profile: "ros2", library: "polypilot 0.1.0" });
  });
  const attachment = {
    name: "robot.yaml",
    mediaType: "application/yaml",
    logTime: nowNs,
    createTime: nowNs,
    data: new TextEncoder().encode(options.contractText),
  };
  const contract = record((b) => b.writeAttachment(attachment));
  const { data, ...known } = attachment;
  facts.addAttachment({
    ...known,
    offset: BigInt(start.length),
    length: BigInt(contract.length),
    dataSize: BigInt(data.length),
  });
  const entries = { contract: options.contractName, ...options.metadata };
  const metadata = record((b) => b.writeMetadata({ name: "polypilot", metadata: new Map(Object.entries(entries)) }));
  facts.addMetadata({
    name: "polypilot",
    offset: BigInt(start.length + contract.length),
    length: BigInt(metadata.length),
  });
  return [start, contract, metadata];
}

function count(channels: ReadonlyMap<string, Channel>, bytes: number): RecorderCounts {
  const all = [...channels];
  return {
    written: all.reduce((sum, [, c]) => sum + c.sequence, 0),
    lost: all.reduce((sum, [, c]) => sum + c.lost, 0),
    topics: Object.fromEntries(all.map(([topic, c]) => [topic, { written: c.sequence, lost: c.lost }])),
    bytes,
  };
}

const wrongUse = (expected: string, found: string, todo: string) =>
  new PolypilotError("DATASET_USE", ["dataset", "recorder"], { expected, found, todo });
