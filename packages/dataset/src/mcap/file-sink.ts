import { writevSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { PolypilotError } from "@polypilot/core";

/** The part of a file that the recorder needs. */
export type WritableFile = Pick<FileHandle, "fd" | "writev" | "truncate" | "close">;

/** Writes pieces to a file in order; each write ends with a tail that the next write overwrites. */
export interface FileSink {
  /** Bytes handed over and not yet in the file. */
  readonly queuedBytes: number;
  /** End of what was handed over: the offset of the next piece. */
  readonly position: number;
  /** Why nothing more can be written, once a write has failed. */
  readonly failure: PolypilotError | undefined;
  append(parts: readonly Uint8Array[]): void;
  /** Starts writing all that was handed over, with `tail` of that moment behind it. */
  commit(): void;
  /** Resolves when all that was handed over is in the file or the file has failed. */
  settled(): Promise<void>;
}

/**
 * A queue before a file, with one write at a time.
 *
 * Each write holds the new pieces and a complete tail behind them, so that the file is complete whenever a write has ended; a
 * tail never shrinks, so that the old one is always covered. After a failed write, the last complete state is put back.
 *
 * @param tail - the tail behind everything handed over so far, at that offset.
 * @param blocking - write on the caller's thread before `commit` returns.
 */
export function fileSink(
  file: WritableFile,
  path: string,
  tail: (offset: number) => Uint8Array,
  blocking: boolean,
): FileSink {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let inFlightBytes = 0;
  let position = 0;
  let failure: PolypilotError | undefined;
  let running: Promise<void> | undefined;
  let last: { offset: number; tail: Uint8Array } | undefined;

  const take = () => {
    const offset = position - waitingBytes;
    const end = tail(position);
    const batch = { offset, parts: [...waiting, end], next: { offset: position, tail: end } };
    inFlightBytes = waitingBytes;
    waiting = [];
    waitingBytes = 0;
    return batch;
  };
  const fail = (cause: unknown) => {
    failure = writeError(path, cause);
    waiting = [];
    waitingBytes = 0;
  };
  const drain = async () => {
    while (waiting.length > 0 && !failure) {
      const batch = take();
      try {
        await writeAll(file, batch.parts, batch.offset);
        last = batch.next;
      } catch (cause) {
        fail(cause);
        await restore(file, last).catch(() => undefined);
      }
      inFlightBytes = 0;
    }
    running = undefined;
  };
  const drainSync = () => {
    const batch = take();
    try {
      writeAllSync(file.fd, batch.parts, batch.offset);
      last = batch.next;
    } catch (cause) {
      fail(cause);
    }
    inFlightBytes = 0;
  };
  return {
    get queuedBytes() {
      return waitingBytes + inFlightBytes;
    },
    get position() {
      return position;
    },
    get failure() {
      return failure;
    },
    append(parts) {
      if (failure) return;
      for (const part of parts) {
        waiting.push(part);
        waitingBytes += part.length;
        position += part.length;
      }
    },
    commit() {
      if (failure || waiting.length === 0) return;
      if (blocking) drainSync();
      else running ??= drain();
    },
    settled: async () => {
      while (running) await running;
    },
  };
}

async function writeAll(file: WritableFile, parts: readonly Uint8Array[], offset: number): Promise<void> {
  let rest = parts;
  let at = offset;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, at);
    at += bytesWritten;
    rest = skip(rest, bytesWritten);
  }
}

function writeAllSync(fd: number, parts: readonly Uint8Array[], offset: number): void {
  let rest = parts;
  let at = offset;
  while (rest.length > 0) {
    const written = writevSync(fd, rest, at);
    at += written;
    rest = skip(rest, written);
  }
}

/** What is left of `parts` after their first `bytes` bytes. */
function skip(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  let index = 0;
  while (index < parts.length && left >= parts[index]!.length) {
    left -= parts[index]!.length;
    index += 1;
  }
  if (index === parts.length) return [];
  return [parts[index]!.subarray(left), ...parts.slice(index + 1)];
}

async function restore(file: WritableFile, last: { offset: number; tail: Uint8Array } | undefined): Promise<void> {
  if (!last) return;
  await writeAll(file, [last.tail], last.offset);
  await file.truncate(last.offset + last.tail.length);
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
