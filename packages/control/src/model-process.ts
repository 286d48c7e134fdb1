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
export function modelProcess(options: ModelProcessOptions): ModelProcess {
  const life = new Life(options);
  return {
    ready: life.ready.promise,
    ended: life.ended.promise,
    predict: (features) => life.predict(features),
    async end(reason) {
      life.end(reason);
      await life.gone.promise;
    },
  };
}

class Life {
  readonly ready = deferred<ModelDescription>();
  readonly ended = deferred<string>();
  /** Settled once there is no process any more. */
  readonly gone = deferred<void>();
  private readonly child = spawn();
  private readonly waiting = new Map<number, Waiting>();
  private questions = 0;
  private over: string | undefined;
  private readonly cancelStart: () => void;

  constructor(private readonly options: ModelProcessOptions) {
    this.ready.promise.catch(() => {}); // told by `ended` too
    this.cancelStart = this.endAfter(options.startTimeoutNs, "the model was not loaded in time");
    const killWithUs = () => void this.child.kill("SIGKILL");
    process.once("exit", killWithUs);
    this.child.on("error", (cause) => {
      this.end(`the worker failed: ${cause.message}`);
      if (this.child.pid === undefined) this.gone.resolve(); // never began
    });
    this.child.on("exit", (code, signal) => {
      process.off("exit", killWithUs);
      this.end(signal ? `the worker was ended by ${signal}` : `the worker ended with exit code ${code}`);
      this.gone.resolve();
    });
    this.child.on("message", (message: WorkerMessage) => this.hear(message));
    this.child.send(options.start, () => {});
  }

  predict(features: Question["features"]): ReturnType<ModelProcess["predict"]> {
    return new Promise((resolve, reject) => {
      if (this.over !== undefined) return reject(new Error(this.over));
      this.questions += 1;
      const question: Question = { id: this.questions, features };
      const cancel = this.endAfter(this.options.timeoutNs, "the worker did not answer in time");
      this.waiting.set(question.id, { resolve, reject, cancel });
      return void this.child.send(question, () => {}); // if it cannot be sent, the process is ending, which rejects it
    });
  }

  end(reason: string): void {
    if (this.over !== undefined) return;
    this.over = reason;
    this.cancelStart();
    for (const { cancel, reject } of this.waiting.values()) {
      cancel();
      reject(new Error(reason));
    }
    this.waiting.clear();
    this.ready.reject(new Error(reason));
    this.ended.resolve(reason);
    this.child.kill("SIGKILL");
  }

  private hear(message: WorkerMessage): void {
    if (message.kind === "refused") this.end(message.error);
    else if (message.kind === "ready") {
      this.cancelStart();
      const { inputs, heads, runtime } = message;
      this.ready.resolve({ inputs, heads, runtime });
    } else {
      const entry = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      entry?.cancel();
      if (message.kind === "answer") entry?.resolve(message.heads);
      else entry?.reject(new Error(message.error));
    }
  }

  private endAfter(ns: Nanoseconds, reason: string): () => void {
    const { clock } = this.options;
    return patientTimer(clock, clock.nowNs() + ns, () => this.end(reason));
  }
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
