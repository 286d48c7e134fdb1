import {
  type Clock,
  encoderOf,
  type MessageEncoder,
  type MessageType,
  type MessageTypes,
  messageSchemas,
  msToNs,
  type Nanoseconds,
  PolypilotError,
  wallClock,
} from "@polypilot/core";
import { type ChunkBuffer, chunkBuffer, type MessageBytes } from "./chunk-buffer.js";
import type { ChunkSink } from "./chunk-sink.js";
import type { MemoryPool } from "./memory-pool.js";
import { record } from "./preamble.js";
import type { Recorder, RecorderCounts, RecorderOptions } from "./recorder.js";

interface Channel {
  readonly id: number;
  readonly type: MessageType;
  readonly encoder: MessageEncoder<never>;
  sequence: number;
  lost: number;
}

const CHUNK_BYTES = 1024 * 1024;
/** Largest number of bytes that wait for the disk, if no other is given. */
export const QUEUE_BYTES: number = 64 * 1024 * 1024;
const PERIOD_NS = msToNs(500);

/** What a recorder stands on. */
export interface RecorderParts {
  readonly sink: ChunkSink;
  readonly pool: MemoryPool;
  /** Gives back what `openRecorder` took. */
  close(): Promise<void>;
}

/** As `openRecorder`, to a sink. */
export function recordTo(path: string, options: RecorderOptions, parts: RecorderParts): Recorder {
  return new McapRecorder(path, options, parts);
}

class McapRecorder implements Recorder {
  private readonly clock: Clock;
  private readonly channels = new Map<string, Channel>();
  private readonly schemaIds = new Map<MessageType, number>();
  private readonly queueBytes: number;
  private readonly chunk: ChunkBuffer;
  private readonly sink: ChunkSink;
  /** Messages by channel of the chunks that may not be in the file yet; the first is the chunk numbered `firstPending`. */
  private pending: ReadonlyMap<number, number>[] = [];
  private firstPending = 0;
  private firstNs: Nanoseconds | undefined; // log time of the chunk's first message
  private cancelTimer = () => {};
  private closed = false;

  constructor(
    readonly path: string,
    { clock = wallClock(), queueBytes = QUEUE_BYTES }: RecorderOptions,
    private readonly parts: RecorderParts,
  ) {
    this.clock = clock;
    this.queueBytes = queueBytes;
    this.sink = parts.sink;
    this.chunk = chunkBuffer(CHUNK_BYTES, parts.pool);
  }

  write<K extends MessageType>(
    topic: string,
    type: K,
    message: MessageTypes[K] | Uint8Array,
    logTimeNs: Nanoseconds,
    publishTimeNs: Nanoseconds = logTimeNs,
  ): void {
    const channel = this.channelFor(topic, type, logTimeNs < publishTimeNs ? logTimeNs : publishTimeNs);
    const { sink, chunk } = this;
    if (sink.failure || sink.pendingBytes + chunk.byteLength >= this.queueBytes) {
      channel.lost += 1;
      this.closeChunk();
      return;
    }
    if (this.isDue(logTimeNs)) this.closeChunk();
    try {
      const data = message instanceof Uint8Array ? encoded(message) : toEncode(channel.encoder, message);
      if (!chunk.fits(data.byteLength)) this.closeChunk();
      chunk.addMessage(channel.id, channel.sequence, logTimeNs, publishTimeNs, data);
    } catch {
      channel.lost += 1; // not what its type says: a robot's odd message is data, not an error
      return;
    }
    channel.sequence += 1;
    if (this.firstNs !== undefined) return;
    this.firstNs = logTimeNs;
    this.cancelTimer = this.clock.at(this.clock.nowNs() + PERIOD_NS, () => this.closeChunk());
  }

  async flush(): Promise<void> {
    this.closeChunk();
    await this.sink.settled();
    if (this.sink.failure) throw this.sink.failure;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      await this.flush();
      await this.sink.finish();
      if (this.sink.failure) throw this.sink.failure;
    } finally {
      this.cancelTimer();
      await this.parts.close();
    }
  }

  get counts(): RecorderCounts {
    const failed = new Map<number, number>(); // taken, but the disk refused them
    for (const messages of this.sink.failure ? this.pending.slice(this.sink.safeChunks - this.firstPending) : []) {
      for (const [id, count] of messages) failed.set(id, (failed.get(id) ?? 0) + count);
    }
    const topics = [...this.channels].map(([topic, { id, sequence, lost }]) => {
      const refused = failed.get(id) ?? 0;
      return [topic, { written: sequence - refused, lost: lost + refused }] as const;
    });
    const { dataEnd, pendingBytes, failure } = this.sink;
    return {
      written: topics.reduce((sum, [, { written }]) => sum + written, 0),
      lost: topics.reduce((sum, [, { lost }]) => sum + lost, 0),
      topics: Object.fromEntries(topics),
      bytes: failure ? dataEnd : dataEnd + pendingBytes + this.chunk.byteLength,
    };
  }

  /** The topic's channel, after a look at whether the call is right. */
  private channelFor(topic: string, type: MessageType, earliestNs: Nanoseconds): Channel {
    if (this.closed) throw wrongUse(`${this.path} is open`, "a write after close", "Close the recorder last");
    if (earliestNs < 0n)
      throw wrongUse("recorded times are not negative", `${earliestNs} ns`, "Start the clock at or after zero");
    const channel = this.channels.get(topic) ?? this.addChannel(topic, type);
    if (channel.type === type) return channel;
    throw wrongUse(`${topic} carries ${channel.type}`, type, "Use one type on each topic");
  }

  private addChannel(topic: string, type: MessageType): Channel {
    const encoder: MessageEncoder<never> = encoderOf(type);
    const channel = { id: this.channels.size + 1, type, encoder, sequence: 0, lost: 0 };
    this.channels.set(topic, channel);
    const metadata = new Map([["offered_qos_profiles", ""]]);
    const info = { id: channel.id, schemaId: this.schemaId(type), topic, messageEncoding: "cdr", metadata };
    this.chunk.addRecord(record((b) => b.writeChannel(info)));
    return channel;
  }

  private schemaId(type: MessageType): number {
    const known = this.schemaIds.get(type);
    if (known) return known;
    const id = this.schemaIds.size + 1;
    const schema = { id, name: type, encoding: "ros2msg", data: new TextEncoder().encode(messageSchemas[type]) };
    this.chunk.addRecord(record((b) => b.writeSchema(schema)));
    this.schemaIds.set(type, id);
    return id;
  }

  private isDue(logTimeNs: Nanoseconds): boolean {
    if (this.firstNs === undefined) return false;
    const since = logTimeNs - this.firstNs;
    return since >= PERIOD_NS || -since >= PERIOD_NS;
  }

  /** Hands the chunk over; it goes to the file at once. */
  private closeChunk(): void {
    this.cancelTimer();
    this.firstNs = undefined;
    if (this.chunk.messages.size === 0) return;
    const { memory, byteLength, messages } = this.chunk.seal();
    const done = this.sink.safeChunks - this.firstPending;
    if (done > 0) this.pending.splice(0, done);
    this.firstPending += done;
    this.pending.push(messages);
    this.sink.write(memory, byteLength);
  }
}

/** Bytes that need no more than to be copied. */
const encoded = (bytes: Uint8Array): MessageBytes => ({
  byteLength: bytes.length,
  putInto: (target, at) => target.set(bytes, at),
});

/** A message that is laid down where it is recorded: there is no other copy of it. */
const toEncode = (encoder: MessageEncoder<never>, message: object): MessageBytes => ({
  byteLength: encoder.byteLength(message as never),
  putInto: (target, at) => void encoder.encodeInto(message as never, target, at),
});

const wrongUse = (expected: string, found: string, todo: string) =>
  new PolypilotError("DATASET_USE", ["dataset", "recorder"], { expected, found, todo });
