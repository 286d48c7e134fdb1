import type { ChunkContent } from "./chunk-content.js";
import { crc32, joinCrc32 } from "./crc.js";
import type { Tail } from "./live-layout.js";
import { type Fields, MAGIC, opcodes, recordBytes } from "./record-bytes.js";

/** A chunk as it lies in the file. */
export interface PlacedChunk {
  readonly content: ChunkContent;
  readonly offset: number;
  /** Bytes of the chunk's record, and of the records in it: as they are in the file, and plain. */
  readonly chunkLength: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly compression: string;
}

/** What a recording's summary section says, kept up to date chunk by chunk. */
export interface Summary {
  addSchema(record: Uint8Array): void;
  addChannel(record: Uint8Array): void;
  addAttachment(index: Uint8Array): void;
  addMetadata(index: Uint8Array): void;
  addChunk(chunk: PlacedChunk): void;
  /**
   * End of data, summary, footer and magic for what was added so far. What grows with each chunk comes last, so that only the end
   * differs from one tail to the next; neither is a tail's length in the time that it takes.
   */
  tailNow(dataCrc: number): Tail;
}

/** Records of one kind one behind the other, and their checksum; bytes are only ever added behind those that are there. */
function group(opcode: number) {
  let bytes: Uint8Array = new Uint8Array(4096);
  let length = 0;
  let crc = 0;
  let count = 0;
  return {
    push(record: Uint8Array) {
      if (length + record.length > bytes.length) {
        const larger = new Uint8Array(Math.max(bytes.length * 2, length + record.length));
        larger.set(bytes.subarray(0, length));
        bytes = larger;
      }
      bytes.set(record, length);
      length += record.length;
      crc = crc32(record, crc);
      count += 1;
    },
    count: () => count,
    now: () => ({ opcode, bytes: bytes.subarray(0, length), crc }),
  };
}

type Records = ReturnType<typeof group>;
type Group = ReturnType<Records["now"]>;

/** An empty summary. */
export function summary(): Summary {
  const schemas = group(opcodes.schema);
  const channels = group(opcodes.channel);
  const attachments = group(opcodes.attachmentIndex);
  const metadata = group(opcodes.metadataIndex);
  const chunks = group(opcodes.chunkIndex);
  const counts = statistics();
  return {
    addSchema: schemas.push,
    addChannel: channels.push,
    addAttachment: attachments.push,
    addMetadata: metadata.push,
    addChunk(chunk) {
      chunks.push(chunkIndex(chunk));
      counts.addChunk(chunk.content);
    },
    tailNow(dataCrc) {
      const record = counts.record({ schemas, channels, attachments, metadata, chunks });
      const last: Group = { opcode: opcodes.statistics, bytes: record, crc: crc32(record) };
      const now = [...[schemas, channels, attachments, metadata, chunks].map((each) => each.now()), last];
      const end = recordBytes(opcodes.dataEnd, (f) => f.u32(dataCrc));
      return (offset) => [end, ...now.map(({ bytes }) => bytes), footer(now, offset + end.length)];
    },
  };
}

function statistics() {
  const messages = new Map<number, number>();
  let startNs: bigint | undefined;
  let endNs = 0n;
  return {
    addChunk({ channels, startNs: start, endNs: end }: ChunkContent) {
      if (startNs === undefined || start < startNs) startNs = start;
      if (end > endNs) endNs = end;
      for (const [id, { messages: more }] of channels) messages.set(id, (messages.get(id) ?? 0) + more);
    },
    record: (groups: Readonly<Record<"schemas" | "channels" | "attachments" | "metadata" | "chunks", Records>>) =>
      recordBytes(opcodes.statistics, (f) => {
        f.u64([...messages.values()].reduce((sum, more) => sum + more, 0));
        f.u16(groups.schemas.count());
        f.u32(groups.channels.count());
        f.u32(groups.attachments.count());
        f.u32(groups.metadata.count());
        f.u32(groups.chunks.count());
        f.u64(startNs ?? 0n);
        f.u64(endNs);
        f.u32(messages.size * 10);
        for (const [id, count] of messages) {
          f.u16(id);
          f.u64(count);
        }
      }),
  };
}

function chunkIndex({ content, offset, chunkLength, compressedSize, uncompressedSize, compression }: PlacedChunk) {
  return recordBytes(opcodes.chunkIndex, (f) => {
    f.u64(content.startNs);
    f.u64(content.endNs);
    f.u64(offset);
    f.u64(chunkLength);
    f.u32(content.channels.size * 10);
    for (const [id, { indexAt }] of content.channels) {
      f.u16(id);
      f.u64(offset + chunkLength + indexAt);
    }
    f.u64(content.indexes.length);
    f.text(compression);
    f.u64(compressedSize);
    f.u64(uncompressedSize);
  });
}

/** Summary offsets, footer and magic behind groups of which the first begins at `summaryStart`. */
function footer(groups: readonly Group[], summaryStart: number): Uint8Array {
  const offsets: Uint8Array[] = [];
  let at = summaryStart;
  let crc = 0;
  for (const { opcode, bytes, crc: own } of groups) {
    const [start, length] = [at, bytes.length];
    at += length;
    crc = joinCrc32(crc, own, length);
    if (length > 0) offsets.push(recordBytes(opcodes.summaryOffset, (f) => summaryOffset(f, opcode, start, length)));
  }
  const end = recordBytes(opcodes.footer, (f) => {
    f.u64(summaryStart);
    f.u64(at);
    f.u32(0);
  });
  const unsigned = Buffer.concat([...offsets, end, MAGIC]);
  const signature = unsigned.length - MAGIC.length - 4; // covers all but itself
  unsigned.writeUInt32LE(crc32(unsigned.subarray(0, signature), crc), signature);
  return unsigned;
}

function summaryOffset(f: Fields, opcode: number, start: number, length: number): void {
  f.u8(opcode);
  f.u64(start);
  f.u64(length);
}
