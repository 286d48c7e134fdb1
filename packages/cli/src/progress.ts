import cliProgress from "cli-progress";
import { duration, readable } from "./units.js";

/** How far something long has come. */
export interface Progress {
  /** @param done - so far, of the total given at the start. @param note - what it is at, a few words. */
  update(done: number, note?: string): void;
  /** Takes the bar away. */
  stop(): void;
}

const LINE_EVERY_MS = 5000;

/**
 * A bar on a terminal's stderr; elsewhere a line every five seconds, so that a log tells that it goes on.
 *
 * @param what - the work, as "recording" or "epoch 3".
 * @param total - the number that means done.
 */
export function createProgress(
  what: string,
  total: number,
  unit = "",
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  return stream.isTTY ? bar(what, total, unit, stream) : lines(what, total, unit, stream);
}

function bar(what: string, total: number, unit: string, stream: NodeJS.WriteStream): Progress {
  const shown = new cliProgress.SingleBar({
    format: `${what} [{bar}] {percentage} %  {amount}  {note}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 28,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    // Ctrl-C is interrupt.ts's business.
    gracefulExit: false,
    stream,
  });
  const amount = (done: number) => `${readable(done)}/${readable(total)}${unit ? ` ${unit}` : ""}`;
  shown.start(total, 0, { amount: amount(0), note: "" });
  return {
    update: (done, note = "") => shown.update(Math.min(done, total), { amount: amount(done), note }),
    stop: () => shown.stop(),
  };
}

function lines(what: string, total: number, unit: string, stream: NodeJS.WriteStream): Progress {
  const start = Date.now();
  let last = start;
  return {
    update(done, note = "") {
      const now = Date.now();
      if (now - last < LINE_EVERY_MS) return;
      last = now;
      const part = Math.floor((100 * done) / total);
      const amount = `${readable(done)}/${readable(total)}${unit ? ` ${unit}` : ""}`;
      stream.write(`${what}: ${part} %, ${amount}, ${duration((now - start) / 1000)}${note ? `, ${note}` : ""}\n`);
    },
    stop() {},
  };
}
