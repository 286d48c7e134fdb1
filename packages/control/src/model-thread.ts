import { Worker } from "node:worker_threads";
import type { Clock, FeatureData, HeadPrediction, Nanoseconds } from "@polypilot/core";
import { deferred } from "./deferred.js";
import {
  buffersOf,
  type ModelDescription,
  type Question,
  type WorkerMessage,
  type WorkerStart,
} from "./worker-protocol.js";

/** One life of a worker thread with a model in it. */
export interface ModelThread {
  /** The model, once it is loaded and has answered once; rejected with the reason if that fails. */
  readonly ready: Promise<ModelDescription>;
  /** Why the thread ended; never rejects. */
  readonly ended: Promise<string>;
  /** Rejects if the model throws, or the thread ends or does not answer in time; it ends the thread in that last case. */
  predict(features: Readonly<Record<string, FeatureData>>): Promise<Readonly<Record<string, HeadPrediction>>>;
  end(reason: string): Promise<void>;
}

export interface ModelThreadOptions {
  readonly start: WorkerStart;
  readonly clock: Clock;
  readonly timeoutNs: Nanoseconds;
  readonly startTimeoutNs: Nanoseconds;
}

interface Waiting {
  readonly resolve: (heads: Readonly<Record<string, HeadPrediction>>) => void;
  readonly reject: (reason: Error) => void;
  readonly cancel: () => void;
}

/** Starts a thread and lets it load its model. */
export function modelThread({ start, clock, timeoutNs, startTimeoutNs }: ModelThreadOptions): ModelThread {
  const worker = new Worker(new URL("../dist/model-worker.js", import.meta.url), { workerData: start, execArgv: [] });
  const waiting = new Map<number, Waiting>();
  const buffers = bufferPool();
  let questions = 0;
  let over: string | undefined;
  const ended = deferred<string>();
  const ready = deferred<ModelDescription>();
  ready.promise.catch(() => {}); // told by `ended` too

  const end = (reason: string): Promise<number> => {
    if (over === undefined) {
      over = reason;
      cancelStart();
      for (const { cancel, reject } of waiting.values()) {
        cancel();
        reject(new Error(reason));
      }
      waiting.clear();
      ready.reject(new Error(reason));
      ended.resolve(reason);
    }
    return worker.terminate();
  };
  const endAt = (atNs: Nanoseconds, reason: string) => patientTimer(clock, atNs, () => void end(reason));
  const cancelStart = endAt(clock.nowNs() + startTimeoutNs, "the model was not loaded in time");

  worker.on("error", (cause) => void end(`the worker failed: ${cause instanceof Error ? cause.message : cause}`));
  worker.on("exit", (code) => void end(`the worker ended with exit code ${code}`));
  worker.on("message", (message: WorkerMessage) => {
    if (message.kind === "ready") {
      cancelStart();
      const { kind, ...description } = message;
      return ready.resolve(description);
    }
    if (message.kind === "refused") return void end(message.error);
    const entry = waiting.get(message.id);
    buffers.giveBack(message.features);
    if (!entry) return undefined;
    waiting.delete(message.id);
    entry.cancel();
    if (message.kind === "answer") return entry.resolve(message.heads);
    return entry.reject(new Error(message.error));
  });
  return {
    ready: ready.promise,
    ended: ended.promise,
    predict: (features) =>
      new Promise((resolve, reject) => {
        if (over !== undefined) return reject(new Error(over));
        questions += 1;
        const question: Question = { id: questions, features: buffers.copy(features) };
        const cancel = endAt(clock.nowNs() + timeoutNs, "the worker did not answer in time");
        waiting.set(question.id, { resolve, reject, cancel });
        return worker.postMessage(question, buffersOf(question.features));
      }),
    end: async (reason) => void (await end(reason)),
  };
}

/** Calls `task` at `atNs` and one turn later, so that what has come in while this thread was held up is seen first. */
function patientTimer(clock: Clock, atNs: Nanoseconds, task: () => void): () => void {
  let cancel = clock.at(atNs, () => {
    cancel = clock.at(clock.nowNs(), task);
  });
  return () => cancel();
}

/** Copies of features whose buffers can be handed to the worker, and are used again when they come back. */
function bufferPool() {
  const spare = new Map<string, FeatureData[]>();
  return {
    copy(features: Readonly<Record<string, FeatureData>>): Record<string, FeatureData> {
      const copies: Record<string, FeatureData> = {};
      for (const [name, data] of Object.entries(features)) {
        const old = spare.get(name)?.pop();
        if (old && old.constructor === data.constructor && old.length === data.length) {
          old.set(data);
          copies[name] = old;
        } else copies[name] = data.slice();
      }
      return copies;
    },
    giveBack(features: Readonly<Record<string, FeatureData>>) {
      for (const [name, data] of Object.entries(features))
        spare.set(name, [...(spare.get(name) ?? []).slice(-1), data]);
    },
  };
}
