// The thread's program: makes chunks of the records that come, and writes them, in the order in which they come.
import { type MessagePort, workerData } from "node:worker_threads";
import { zstdCompressor } from "./compression.js";
import type { Preamble } from "./preamble.js";
import { openedFile, recordingFile } from "./recording-file.js";

/** What the thread is started with. */
export interface WritingOrder {
  readonly port: MessagePort;
  readonly fd: number;
  readonly preamble: Preamble;
  readonly compression: "none" | "zstd";
}

/** Records to be written, or the word that there are no more. */
export type WritingJob = { readonly memory: ArrayBuffer; readonly byteLength: number } | "finish";

/** How far the thread is: said once for the file's beginning, for each chunk, and for the end. */
export interface WritingState {
  readonly dataEnd: number;
  readonly safeChunks: number;
  /** What was thrown, once a write has failed; an error's code would not come across. */
  readonly failure: { readonly message: string; readonly code: string | undefined } | undefined;
  /** The chunk's memory, to be used again. */
  readonly memory?: ArrayBuffer;
  readonly byteLength?: number;
}

const { port, fd, preamble, compression } = workerData as WritingOrder;
const compressor = compression === "zstd" ? await zstdCompressor() : undefined;
const file = recordingFile(openedFile(fd), preamble, { compressor });
let safeChunks = 0;

function tell(done?: Exclude<WritingJob, "finish">): void {
  const { dataEnd, failure: cause } = file;
  const { message, code } = (cause ?? {}) as NodeJS.ErrnoException;
  const state: WritingState = { dataEnd, safeChunks, failure: cause ? { message, code } : undefined, ...done };
  port.postMessage(state, done ? [done.memory] : []);
}

tell();
port.on("message", (job: WritingJob) => {
  if (job === "finish") {
    file.finish();
    return tell();
  }
  if (file.add(new Uint8Array(job.memory, 0, job.byteLength))) safeChunks += 1;
  tell(job);
});
