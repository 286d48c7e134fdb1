import { type Fields, MESSAGE_HEADER, opcodes, RECORD_HEADER, recordBytes } from "./record-bytes.js";

/** What a chunk's records tell the rest of the file. */
export interface ChunkContent {
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** By channel: number of messages, and where its index begins in `indexes`. */
  readonly channels: ReadonlyMap<number, { readonly messages: number; readonly indexAt: number }>;
  /** The message index records that follow the chunk. */
  readonly indexes: Uint8Array;
  /** Schema and channel records, for the summary. */
  readonly schemaRecords: readonly Uint8Array[];
  readonly channelRecords: readonly Uint8Array[];
}

/** Calls `visit` with each record's opcode and its place. */
function eachRecord(view: DataView, visit: (opcode: number, at: number, length: number) => void): void {
  let at = 0;
  while (at < view.byteLength) {
    const length = RECORD_HEADER + Number(view.getBigUint64(at + 1, true));
    visit(view.getUint8(at), at, length);
    at += length;
  }
}

interface Growing {
  messages: number;
  indexAt: number;
  next: number;
}

/**
 * Reads the records of a chunk that was laid down here: the thread that laid them down keeps no index.
 *
 * Messages are indexed in their order in the chunk.
 */
export function chunkContent(records: Uint8Array): ChunkContent {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const channels = new Map<number, Growing>();
  const found = { schema: [] as Uint8Array[], channel: [] as Uint8Array[] };
  let startNs: bigint | undefined;
  let endNs = 0n;
  eachRecord(view, (opcode, at, length) => {
    if (opcode === opcodes.schema) found.schema.push(records.slice(at, at + length));
    if (opcode === opcodes.channel) found.channel.push(records.slice(at, at + length));
    if (opcode !== opcodes.message) return;
    const timeNs = view.getBigUint64(at + 15, true);
    if (startNs === undefined || timeNs < startNs) startNs = timeNs;
    if (timeNs > endNs) endNs = timeNs;
    const channel = channels.get(view.getUint16(at + 9, true));
    if (channel) channel.messages += 1;
    else channels.set(view.getUint16(at + 9, true), { messages: 1, indexAt: 0, next: 0 });
  });
  const indexes = indexRecords(view, channels);
  return {
    ...{ startNs: startNs ?? 0n, endNs, channels, indexes },
    ...{ schemaRecords: found.schema, channelRecords: found.channel },
  };
}

const ENTRY = 16; // log time and offset

function indexRecords(view: DataView, channels: ReadonlyMap<number, Growing>): Uint8Array {
  const heads: Uint8Array[] = [];
  let end = 0;
  for (const [id, channel] of channels) {
    const entryBytes = channel.messages * ENTRY;
    const write = (f: Fields) => {
      f.u16(id);
      f.u32(entryBytes);
    };
    const head = recordBytes(opcodes.messageIndex, write, entryBytes);
    heads.push(head);
    channel.indexAt = end;
    channel.next = end + head.length;
    end = channel.next + entryBytes;
  }
  const indexes = new Uint8Array(end);
  [...channels.values()].forEach(({ indexAt }, i) => {
    indexes.set(heads[i]!, indexAt);
  });
  const out = new DataView(indexes.buffer);
  eachRecord(view, (opcode, at, length) => {
    if (opcode !== opcodes.message || length < MESSAGE_HEADER) return;
    const channel = channels.get(view.getUint16(at + 9, true))!;
    out.setBigUint64(channel.next, view.getBigUint64(at + 15, true), true);
    out.setBigUint64(channel.next + 8, BigInt(at), true);
    channel.next += ENTRY;
  });
  return indexes;
}
