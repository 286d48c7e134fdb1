import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { StreamContract } from "@polypilot/core";
import { decodeFeature, featureSpec } from "./decode-feature.js";
import { warnOfFallback } from "./decode-jpeg.js";
import type { FeatureResult } from "./feature-result.js";
import { sharedMemory } from "./shared-memory.js";
import type { DecodeAnswer, DecodeJob } from "./thread-protocol.js";

/** Threads that decode messages beside the calling one. */
export interface FeatureThreads {
  /**
   * What `decodeFeature` gives, later. The message's bytes are copied once, at the call, and the feature's not at all.
   *
   * Never rejects.
   */
  decode(stream: string, message: object): Promise<FeatureResult>;
  /** Ends the threads once they have done what they have in hand. */
  close(): Promise<void>;
}

export interface FeatureThreadsOptions {
  /** By name; each with a feature whose messages carry their numbers in `data`, as images do (`apartStream`). */
  readonly streams: Readonly<Record<string, StreamContract>>;
  readonly threads: number;
  /** The thread's compiled program. */
  readonly program?: string;
}

interface Waiting {
  readonly stream: string;
  readonly message: object;
  readonly bytes: SharedArrayBuffer;
  readonly resolve: (result: FeatureResult) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

const compiled = () => fileURLToPath(new URL("../dist/decode-worker.js", import.meta.url));

/**
 * Starts threads that run `decodeFeature`, the very code, so that a feature is the same wherever it was decoded.
 *
 * Each message goes to the thread with the least in hand; of one stream's messages a later one may be done first only with more
 * than one thread. Where threads do not start, or die, the others go on without them, at last the calling thread alone, which
 * a warning says. They do not keep the program while nothing is in hand.
 */
export function featureThreads(options: FeatureThreadsOptions): FeatureThreads {
  const pool = new Pool(options);
  return { decode: (stream, message) => pool.decode(stream, message), close: () => pool.close() };
}

class Pool {
  private threads: readonly Thread[];
  private readonly memory = sharedMemory();
  private jobs = 0;
  private closed = false;

  constructor(private readonly options: FeatureThreadsOptions) {
    this.threads = Array.from({ length: options.threads }, () => this.start());
  }

  decode(stream: string, message: object): Promise<FeatureResult> {
    let thread: Thread | undefined;
    for (const one of this.threads) if (!thread || one.waiting.size < thread.waiting.size) thread = one;
    if (!thread || this.closed) return Promise.resolve(this.here(stream, message));
    const { header: _, data, ...rest } = message as { readonly header?: unknown; readonly data: Uint8Array };
    const bytes = this.memory.take(data.length);
    new Uint8Array(bytes).set(data);
    this.jobs += 1;
    const job: DecodeJob = { id: this.jobs, stream, rest, bytes, length: data.length };
    const { worker, waiting } = thread;
    return new Promise((resolve) => {
      waiting.set(job.id, { stream, message, bytes, resolve });
      worker.ref();
      worker.postMessage(job);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(
      this.threads.map(async ({ worker, waiting }) => {
        if (waiting.size === 0) return void (await worker.terminate());
        await new Promise((resolve) => worker.once("exit", resolve)); // `hear` ends it after the last answer
      }),
    );
  }

  private here(stream: string, message: object): FeatureResult {
    return decodeFeature(this.options.streams[stream]!, message);
  }

  private start(): Thread {
    const { streams, program = compiled() } = this.options;
    const worker = new Worker(program, { workerData: { streams }, execArgv: [] });
    worker.unref();
    const thread: Thread = { worker, waiting: new Map() };
    worker.on("message", (answer: DecodeAnswer) => this.hear(thread, answer));
    worker.on("error", (cause) => this.lose(thread, `a thread failed, ${cause.message}`));
    worker.on("exit", () => this.lose(thread, "a thread ended"));
    return thread;
  }

  private hear(thread: Thread, { id, data, reason, fallback }: DecodeAnswer): void {
    if (fallback !== undefined) warnOfFallback(fallback);
    const { worker, waiting } = thread;
    const job = waiting.get(id);
    if (!job) return;
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (waiting.size === 0 && this.closed) void worker.terminate();
    this.memory.give(job.bytes);
    const spec = featureSpec(this.options.streams[job.stream]!.feature!);
    job.resolve(data ? { ok: true, feature: { spec, data } } : { ok: false, reason: reason! });
  }

  /** Goes on without a thread. */
  private lose(thread: Thread, reason: string): void {
    if (!this.threads.includes(thread)) return;
    this.threads = this.threads.filter((one) => one !== thread);
    if (!this.closed && this.threads.length === 0)
      process.emitWarning(
        `[sensors] [feature threads] Messages are decoded on the main thread: ${reason}`,
        "DecodeWarning",
      );
    for (const { stream, message, resolve } of thread.waiting.values()) resolve(this.here(stream, message));
    thread.waiting.clear();
  }
}
