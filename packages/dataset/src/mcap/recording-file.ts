import { ftruncateSync, writevSync } from "node:fs";
import { type ChunkContent, chunkContent } from "./chunk-content.js";
import { crc32, joinCrc32 } from "./crc.js";
import { liveLayout, type Step, withoutStart } from "./live-layout.js";
import type { Preamble } from "./preamble.js";
import { opcodes, recordBytes } from "./record-bytes.js";
import { summary } from "./summary.js";

/** The part of a file that a recording needs; both work before they return. */
export interface SyncFile {
  /** Writes at least one byte at `offset`; returns how many. */
  writev(parts: readonly Uint8Array[], offset: number): number;
  truncate(length: number): void;
}

/** The file behind a descriptor. */
export const openedFile = (fd: number): SyncFile => ({
  writev: (parts, offset) => writevSync(fd, parts, offset),
  truncate: (length) => ftruncateSync(fd, length),
});

/** Compresses a chunk's records; `name` is MCAP's name of the method. */
export interface Compressor {
  readonly name: string;
  compress(data: Uint8Array): Uint8Array;
}

/** Makes chunks of records and writes them on the calling thread, so that the file is a whole one between any two steps. */
export interface RecordingFile {
  /** End of the data that the file shows. */
  readonly dataEnd: number;
  /** Why nothing more is written, once a write has failed: what was thrown. */
  readonly failure: unknown;
  /** Writes a chunk of these records; returns whether it is in the file. */
  add(records: Uint8Array): boolean;
  /** Writes the last tail. */
  finish(): void;
}

/** How a recording is laid out. */
export interface RecordingLayout {
  readonly compressor?: Compressor | undefined;
  /** See `liveLayout`. */
  readonly room?: number;
}

/** A recording that begins in an empty file. */
export function recordingFile(file: SyncFile, preamble: Preamble, how: RecordingLayout = {}): RecordingFile {
  const { compressor, room } = how;
  const facts = summary();
  facts.addAttachment(preamble.attachmentIndex);
  facts.addMetadata(preamble.metadataIndex);
  let dataCrc = crc32(preamble.data);
  // The checksum of the data counts for the closed file alone: while it grows, there is a gap in it.
  const layout = liveLayout((final) => facts.tailNow(final ? dataCrc : 0), room);
  let failure: unknown;
  const run = (steps: Iterable<Step>) => {
    if (failure !== undefined) return;
    try {
      for (const step of steps) take(file, step);
    } catch (cause) {
      failure = cause;
      repair(file, layout.repair());
    }
  };
  run(layout.begin([preamble.data]));
  return {
    get dataEnd() {
      return layout.dataEnd;
    },
    get failure() {
      return failure;
    },
    add(records) {
      if (failure !== undefined) return false;
      const content = chunkContent(records);
      for (const schema of content.schemaRecords) facts.addSchema(schema);
      for (const channel of content.channelRecords) facts.addChannel(channel);
      const packed = compressor ? compressor.compress(records) : records;
      const crc = crc32(records);
      const head = chunkHead(records.length, crc, packed.length, content, compressor?.name ?? "");
      const placed = { content, offset: layout.dataEnd, chunkLength: head.length + packed.length };
      const sizes = { compressedSize: packed.length, uncompressedSize: records.length };
      facts.addChunk({ ...placed, ...sizes, compression: compressor?.name ?? "" });
      dataCrc = crc32(head, dataCrc);
      dataCrc = compressor ? crc32(packed, dataCrc) : joinCrc32(dataCrc, crc, records.length);
      dataCrc = crc32(content.indexes, dataCrc);
      run(layout.add([head, packed, content.indexes]));
      return layout.dataEnd > placed.offset;
    },
    finish: () => run(layout.finish()),
  };
}

/** The chunk record up to where its records begin. */
function chunkHead(plain: number, crc: number, packed: number, { startNs, endNs }: ChunkContent, compression: string) {
  return recordBytes(
    opcodes.chunk,
    (f) => {
      f.u64(startNs);
      f.u64(endNs);
      f.u64(plain);
      f.u32(crc);
      f.text(compression);
      f.u64(packed);
    },
    packed,
  );
}

function take(file: SyncFile, step: Step): void {
  if ("truncateTo" in step) {
    file.truncate(step.truncateTo);
    return;
  }
  let { parts, offset } = step;
  while (parts.length > 0) {
    const written = file.writev(parts, offset);
    offset += written;
    parts = withoutStart(parts, written);
  }
}

function repair(file: SyncFile, steps: Iterable<Step>): void {
  try {
    for (const step of steps) take(file, step);
  } catch {
    // the disk has failed already, and that is told
  }
}
