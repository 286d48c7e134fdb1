import { exitCode } from "./exit-code.js";

/** Ctrl-C, taken in order: the robot stops, files are finished, the command ends. */
export interface Interrupt {
  /** Aborts at the first Ctrl-C (or SIGTERM, SIGHUP). */
  readonly signal: AbortSignal;
  /** What must happen first, before anything else hears of it: stopping the robot. */
  first(stop: () => void): void;
  readonly interrupted: boolean;
  /** No longer listens. */
  release(): void;
}

/** A terminal sends Ctrl-C to npm, to the script it started and to us, and each passes it on: within this time they are one. */
const ONE_PRESS_MS = 300;

/**
 * Listens to Ctrl-C: the first stops the robot and aborts `signal`; a second ends the process at once.
 *
 * @param exit - ends the process; a test's may only note it.
 */
export function listenToInterrupt(exit: (code: number) => void = (code) => process.exit(code)): Interrupt {
  const controller = new AbortController();
  const stops: (() => void)[] = [];
  let firstMs = Number.NaN;
  const onSignal = () => {
    const nowMs = performance.now();
    if (controller.signal.aborted) {
      if (nowMs - firstMs > ONE_PRESS_MS) exit(exitCode.interrupted);
      return;
    }
    firstMs = nowMs;
    for (const stop of stops) stop();
    if (process.stderr.isTTY) process.stderr.write("\nStopping. Ctrl-C again ends at once.\n");
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    first: (stop) => void stops.push(stop),
    get interrupted() {
      return controller.signal.aborted;
    },
    release() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
