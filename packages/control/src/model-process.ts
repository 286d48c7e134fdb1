import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Clock, FeatureData, HeadPrediction, Nanoseconds } from "@polypilot/core";
import { deferred } from "./deferred.js";
import type { ModelDescription, Question, WorkerMessage, WorkerStart } from "./worker-protocol.js";

/** One life of a worker process with a model in it. */
export interface ModelProcess {
  /** The model, once it is loaded and has answered once; rejected with the reason if that fails. */
  readonly ready: Promise<ModelDescription>;
  /** Why the process ended; never rejects. */
  readonly ended: Promise<string>;
  /** Rejects if the model throws, or the process ends or does not answer in time; it ends the process in that last case. */
  predict(features: Readonly<Record<string, FeatureData>>): Promise<Readonly<Record<string, HeadPrediction>>>;
  /** Kills the process; resolves once it is gone. */
  end(reason: string): Promise<void>;
}

export interface ModelProcessOptions {
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

/**
 * Starts a process and lets it load its model.
 *
 * A process, not a thread: native code that crashes, or that is cut off in the middle of an inference, takes a thread's whole
 * program with it, and with that the robot's control.
 */
export function modelProcess({ start, clock, timeoutNs, startTimeoutNs }: ModelProcessOptions): ModelProcess {
  const child = spawn();
  const waiting = new Map<number, Waiting>();
  const ended = deferred<string>();
  const ready = deferred<ModelDescription>();
  const gone = deferred<void>();
  ready.promise.catch(() => {}); // told by `ended` too
  let questions = 0;
  let over: string | undefined;

  const end = (reason: string): void => {
    if (over !== undefined) return;
    over = reason;
    cancelStart();
    for (const { cancel, reject } of waiting.values()) {
      cancel();
      reject(new Error(reason));
    }
    waiting.clear();
    ready.reject(new Error(reason));
    ended.resolve(reason);
    child.kill("SIGKILL");
  };
  const killWithUs = () => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const endAt = (atNs: Nanoseconds, reason: string) => patientTimer(clock, atNs, () => end(reason));
  const cancelStart = endAt(clock.nowNs() + startTimeoutNs, "the model was not loaded in time");

  child.on("error", (cause) => {
    end(`the worker failed: ${cause.message}`);
    if (child.pid === undefined) gone.resolve(); // never began
  });
  child.on("exit", (code, signal) => {
    process.off("exit", killWithUs);
    end(signal ? `the worker was ended by ${signal}` : `the worker ended with exit code ${code}`);
    gone.resolve();
  });
  child.on("message", (message: WorkerMessage) => {
    if (message.kind === "refused") return end(message.error);
    if (message.kind === "ready") {
      cancelStart();
      const { kind, ...description } = message;
      return ready.resolve(description);
    }
    const entry = waiting.get(message.id);
    waiting.delete(message.id);
    entry?.cancel();
    return message.kind === "answer" ? entry?.resolve(message.heads) : entry?.reject(new Error(message.error));
  });
  child.send(start);
  return {
    ready: ready.promise,
    ended: ended.promise,
    predict: (features) =>
      new Promise((resolve, reject) => {
        if (over !== undefined) return reject(new Error(over));
        questions += 1;
        const question: Question = { id: questions, features };
        const cancel = endAt(clock.nowNs() + timeoutNs, "the worker did not answer in time");
        waiting.set(question.id, { resolve, reject, cancel });
        return void child.send(question, () => {}); // if it cannot be sent, the process is ending, which rejects it
      }),
    async end(reason) {
      end(reason);
      await gone.promise;
    },
  };
}

/** The worker's program; what it prints goes to standard error, since standard output may be read by a program. */
function spawn() {
  const program = fileURLToPath(new URL("../dist/model-worker.js", import.meta.url));
  return fork(program, [], { serialization: "advanced", execArgv: [], stdio: ["ignore", 2, 2, "ipc"] });
}

/** Calls `task` at `atNs` and one turn later, so that what has come in while this thread was held up is seen first. */
function patientTimer(clock: Clock, atNs: Nanoseconds, task: () => void): () => void {
  let cancel = clock.at(atNs, () => {
    cancel = clock.at(clock.nowNs(), task);
  });
  return () => cancel();
}
