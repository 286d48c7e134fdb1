import { PolypilotError } from "@polypilot/core";
import type { MemoryPool } from "./memory-pool.js";
import type { Preamble } from "./preamble.js";
import { type Compressor, recordingFile, type SyncFile } from "./recording-file.js";

/** Where chunks' records go: a file that is written here, or by a thread. */
export interface ChunkSink {
  /** Bytes of records that were handed over and are not yet in the file. */
  readonly pendingBytes: number;
  /** How many of the chunks are in the file; these are the first. */
  readonly safeChunks: number;
  /** End of the data in the file. */
  readonly dataEnd: number;
  /** Why nothing more can be written, once a write has failed. */
  readonly failure: PolypilotError | undefined;
  /** Takes the first `byteLength` bytes of `memory`, which must not be touched any more. */
  write(memory: ArrayBuffer, byteLength: number): void;
  /** Resolves when all that was handed over is in the file, or the file has failed. */
  settled(): Promise<void>;
  /** Writes the last tail; nothing more can be handed over. */
  finish(): Promise<void>;
}

/** What every sink needs. */
export interface SinkOptions {
  readonly path: string;
  readonly preamble: Preamble;
  readonly pool: MemoryPool;
  /** Called once when writing fails. */
  readonly onFailure: (failure: PolypilotError) => void;
}

/** A sink that writes before `write` returns. */
export function directSink(file: SyncFile, options: SinkOptions, compressor?: Compressor): ChunkSink {
  const { path, preamble, pool, onFailure } = options;
  const recording = recordingFile(file, preamble, { compressor });
  let safeChunks = 0;
  let failure: PolypilotError | undefined;
  const check = () => {
    if (recording.failure === undefined || failure) return;
    failure = writeError(path, recording.failure);
    onFailure(failure);
  };
  check();
  return {
    pendingBytes: 0,
    get safeChunks() {
      return safeChunks;
    },
    get dataEnd() {
      return recording.dataEnd;
    },
    get failure() {
      return failure;
    },
    write(memory, byteLength) {
      if (recording.add(new Uint8Array(memory, 0, byteLength))) safeChunks += 1;
      pool.give(memory);
      check();
    },
    settled: async () => {},
    async finish() {
      recording.finish();
      check();
    },
  };
}

/** A failed write, in words. */
export function writeError(path: string, cause: unknown): PolypilotError {
  const code = (cause as { code?: string }).code;
  const full = code === "ENOSPC" || code === "EDQUOT";
  return new PolypilotError(
    full ? "DATASET_DISK_FULL" : "DATASET_WRITE",
    ["dataset", "recorder"],
    {
      expected: `${path} can be written`,
      found: full ? `no space left on the disk (${code})` : cause instanceof Error ? cause.message : String(cause),
      todo: full ? "Free space or record to another disk" : "Check that the folder exists and may be written to",
    },
    { cause },
  );
}
