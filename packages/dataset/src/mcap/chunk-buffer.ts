import type { MemoryPool } from "./memory-pool.js";
import { MESSAGE_HEADER, opcodes, RECORD_HEADER } from "./record-bytes.js";

/** Lays `byteLength` bytes of a message down in `target` from `at` on. */
export interface MessageBytes {
  readonly byteLength: number;
  putInto(target: Uint8Array, at: number): void;
}

/** Records on their way into one chunk, laid down as they will be in the file. */
export interface ChunkBuffer {
  readonly byteLength: number;
  /** Number of messages by channel. */
  readonly messages: ReadonlyMap<number, number>;
  /** Whether a message of so many bytes belongs into this chunk; into an empty one, all do. */
  fits(byteLength: number): boolean;
  /** Schema and channel records. */
  addRecord(record: Uint8Array): void;
  /** The one copy of a message's bytes. What `putInto` throws leaves the chunk as it was. */
  addMessage(channelId: number, sequence: number, logTimeNs: bigint, publishTimeNs: bigint, data: MessageBytes): void;
  /** Hands the memory over and starts anew. */
  seal(): SealedChunk;
}

/** The records of a chunk to which nothing is added any more: the first `byteLength` bytes of `memory`. */
export interface SealedChunk {
  readonly memory: ArrayBuffer;
  readonly byteLength: number;
  readonly messages: ReadonlyMap<number, number>;
}

/** For the schema and the channel of a topic that comes when the chunk is almost full. */
const SLACK = 64 * 1024;

/**
 * An empty buffer.
 *
 * @param chunkBytes - a chunk is longer only if one message is.
 */
export function chunkBuffer(chunkBytes: number, pool: MemoryPool): ChunkBuffer {
  let bytes = new Uint8Array(0);
  let view = new DataView(bytes.buffer);
  let end = 0;
  let messages = new Map<number, number>();

  const reserve = (more: number) => {
    if (end + more <= bytes.length) return;
    const before = bytes.subarray(0, end);
    const chunks = Math.max(1, Math.ceil((end + more - SLACK) / chunkBytes)); // few sizes, so that the pool's memory fits
    bytes = new Uint8Array(pool.take(chunks * chunkBytes + SLACK));
    view = new DataView(bytes.buffer);
    bytes.set(before); // schemas and channels at most: a chunk with messages is sealed before it grows
    if (before.buffer.byteLength > 0) pool.give(before.buffer);
  };
  return {
    get byteLength() {
      return end;
    },
    get messages() {
      return messages;
    },
    fits: (byteLength) => messages.size === 0 || end + MESSAGE_HEADER + byteLength <= chunkBytes,
    addRecord(record) {
      reserve(record.length);
      bytes.set(record, end);
      end += record.length;
    },
    addMessage(channelId, sequence, logTimeNs, publishTimeNs, data) {
      const length = MESSAGE_HEADER + data.byteLength;
      reserve(length);
      data.putInto(bytes, end + MESSAGE_HEADER);
      bytes[end] = opcodes.message;
      view.setBigUint64(end + 1, BigInt(length - RECORD_HEADER), true);
      view.setUint16(end + 9, channelId, true);
      view.setUint32(end + 11, sequence, true);
      view.setBigUint64(end + 15, logTimeNs, true);
      view.setBigUint64(end + 23, publishTimeNs, true);
      end += length;
      messages.set(channelId, (messages.get(channelId) ?? 0) + 1);
    },
    seal() {
      const sealed = { memory: bytes.buffer, byteLength: end, messages };
      bytes = new Uint8Array(0);
      end = 0;
      messages = new Map();
      return sealed;
    },
  };
}
