import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { PolypilotError } from "@polypilot/core";
import { type ChunkSink, type SinkOptions, writeError } from "./chunk-sink.js";
import type { WritingJob, WritingOrder, WritingState } from "./writing-worker.js";

export interface ThreadSinkOptions extends SinkOptions {
  readonly fd: number;
  readonly compression: "none" | "zstd";
  /** The thread's compiled program. */
  readonly program?: string;
}

const ENDED = "the end of the thread that writes";
const PROGRAM = fileURLToPath(new URL("../../dist/mcap/writing-worker.js", import.meta.url));

/**
 * A sink whose file is written by a thread: checksums, compression, indexes and all. Memory goes there and back; it is not copied.
 *
 * @returns once the file is begun; undefined where the thread does not start.
 */
export async function threadSink(
  options: ThreadSinkOptions,
): Promise<(ChunkSink & { close(): Promise<void> }) | undefined> {
  const { fd, preamble, compression, program = PROGRAM } = options;
  const { port1, port2 } = new MessageChannel();
  const workerData: WritingOrder = { port: port2, fd, preamble, compression };
  // The thread's program is plain JavaScript: options for this one, such as --input-type, would keep it from starting.
  const worker = new Worker(program, { workerData, transferList: [port2], execArgv: [] });
  const sink = new ThreadSink(worker, port1, options);
  await sink.settled(); // the file's beginning
  if (sink.begun) return sink;
  await sink.close();
  process.emitWarning(
    `[dataset] [recorder] a thread writes ${options.path}. Found that none started (${sink.cause}). It is written meanwhile by this one, which waits for the disk.`,
    "RecorderWarning",
  );
  return undefined;
}

class ThreadSink implements ChunkSink {
  pendingBytes = 0;
  safeChunks = 0;
  dataEnd = 0;
  failure: PolypilotError | undefined;
  begun = false;
  /** Why the thread ended, if it has. */
  cause = "";
  private pending = 1; // answers that are to come
  private dead = false;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly worker: Worker,
    private readonly port: MessagePort,
    private readonly options: ThreadSinkOptions,
  ) {
    worker.unref(); // a recorder that is left open does not keep the program; its port does while something is to be written
    port.on("message", (state: WritingState) => this.take(state));
    worker.on("error", (cause) => this.end(cause));
    for (const ended of [worker, port])
      for (const event of ["exit", "close"]) ended.on(event, () => this.end(new Error(ENDED)));
  }

  write(memory: ArrayBuffer, byteLength: number): void {
    if (this.failure) {
      this.options.pool.give(memory);
    } else {
      this.pendingBytes += byteLength;
      this.post({ memory, byteLength }, [memory]);
    }
  }

  async settled(): Promise<void> {
    while (this.pending > 0 && !this.dead) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async finish(): Promise<void> {
    if (!this.failure) this.post("finish", []);
    await this.settled();
  }

  async close(): Promise<void> {
    this.dead = true;
    this.port.close();
    await this.worker.terminate();
  }

  private post(job: WritingJob, transfer: readonly ArrayBuffer[]): void {
    if (this.pending === 0) this.port.ref();
    this.pending += 1;
    this.port.postMessage(job, transfer);
  }

  private take({ dataEnd, safeChunks, failure, memory, byteLength = 0 }: WritingState): void {
    this.begun = true;
    this.pending -= 1;
    this.pendingBytes -= byteLength;
    this.dataEnd = dataEnd;
    this.safeChunks = safeChunks;
    if (memory) this.options.pool.give(memory);
    if (failure) this.fail(Object.assign(new Error(failure.message), { code: failure.code }));
    if (this.pending > 0) return;
    this.port.unref();
    this.wake();
  }

  private fail(cause: unknown): void {
    if (this.failure) return;
    this.failure = writeError(this.options.path, cause);
    this.options.onFailure(this.failure);
  }

  /** The thread is gone, and what it had not answered for is lost. */
  private end(cause: Error): void {
    if (this.dead) return;
    this.dead = true;
    this.cause = cause.message;
    this.pendingBytes = 0;
    if (this.begun) this.fail(cause);
    this.port.close();
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
