import { ftruncateSync, writevSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { PolypilotError } from "@polypilot/core";
import { type LiveLayout, liveLayout, type Step, type Tail } from "./live-layout.js";

/** The part of a file that the recorder needs. */
export type WritableFile = Pick<FileHandle, "fd" | "writev" | "truncate" | "close">;

/** Writes pieces to a file in order, so that the file is a whole one whenever the program ends. */
export interface FileSink {
  /** Bytes handed over and not yet in the file. */
  readonly queuedBytes: number;
  /** End of what was handed over: the offset of the next piece. */
  readonly position: number;
  /** End of the data that is in the file. */
  readonly safeBytes: number;
  /** Why nothing more can be written, once a write has failed. */
  readonly failure: PolypilotError | undefined;
  append(parts: readonly Uint8Array[]): void;
  /** Starts writing all that was handed over. */
  commit(): void;
  /** Resolves when all that was handed over is in the file or the file has failed. */
  settled(): Promise<void>;
  /** Writes the last tail; nothing more can be handed over. */
  finish(): Promise<void>;
}

/**
 * A queue before a file, with one write at a time.
 *
 * @param tailNow - the tail behind everything handed over so far; `final` for that of the closed file.
 * @param blocking - write on the caller's thread before `commit` returns.
 */
export function fileSink(
  file: WritableFile,
  path: string,
  tailNow: (final: boolean) => Tail,
  blocking: boolean,
): FileSink {
  return new QueuedFile(file, path, liveLayout(tailNow), blocking);
}

class QueuedFile implements FileSink {
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private inFlightBytes = 0;
  private running: Promise<void> | undefined;
  private begun = false;
  position = 0;
  failure: PolypilotError | undefined;

  constructor(
    private readonly file: WritableFile,
    private readonly path: string,
    private readonly layout: LiveLayout,
    private readonly blocking: boolean,
  ) {}

  get queuedBytes(): number {
    return this.waitingBytes + this.inFlightBytes;
  }

  get safeBytes(): number {
    return this.layout.dataEnd;
  }

  append(parts: readonly Uint8Array[]): void {
    if (this.failure) return;
    for (const part of parts) {
      this.waiting.push(part);
      this.waitingBytes += part.length;
      this.position += part.length;
    }
  }

  commit(): void {
    if (this.failure || this.waiting.length === 0) return;
    if (this.blocking) this.drainSync();
    else this.running ??= this.drain();
  }

  async settled(): Promise<void> {
    while (this.running) await this.running;
  }

  async finish(): Promise<void> {
    await this.settled();
    if (!this.failure) await this.run(this.layout.finish());
  }

  /** How all that waits comes into the file. */
  private take(): Generator<Step> {
    const parts = this.waiting;
    this.inFlightBytes = this.waitingBytes;
    this.forget();
    if (this.begun) return this.layout.add(parts);
    this.begun = true;
    return this.layout.begin(parts);
  }

  private forget(): void {
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private fail(cause: unknown): void {
    this.failure = writeError(this.path, cause);
    this.forget();
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0 && !this.failure) {
      await this.run(this.take());
      this.inFlightBytes = 0;
    }
    this.running = undefined;
  }

  private async run(steps: Generator<Step>): Promise<void> {
    try {
      for (const step of steps) await this.do(step);
    } catch (cause) {
      this.fail(cause);
      try {
        for (const step of this.layout.repair()) await this.do(step);
      } catch {
        // the disk has failed already, and that is told
      }
    }
  }

  private do(step: Step): Promise<void> {
    return "truncateTo" in step ? this.file.truncate(step.truncateTo) : writeAll(this.file, step.parts, step.offset);
  }

  private drainSync(): void {
    try {
      for (const step of this.take()) this.doSync(step);
    } catch (cause) {
      this.fail(cause);
      try {
        for (const step of this.layout.repair()) this.doSync(step);
      } catch {
        // the disk has failed already, and that is told
      }
    }
    this.inFlightBytes = 0;
  }

  private doSync(step: Step): void {
    if ("truncateTo" in step) ftruncateSync(this.file.fd, step.truncateTo);
    else writeAllSync(this.file.fd, step.parts, step.offset);
  }
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
