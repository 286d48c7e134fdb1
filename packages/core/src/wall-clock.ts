import { type Clock, settle } from "./clock.js";
import type { Nanoseconds } from "./time.js";

/** The wall's time: nanoseconds since the Unix epoch, monotonic within the process. */
export function wallClock(): Clock {
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  const nowNs = (): Nanoseconds => process.hrtime.bigint() + offset;
  return {
    nowNs,
    at(atNs, task) {
      let timer: NodeJS.Timeout | undefined;
      const arm = () => {
        const leftMs = Number(atNs - nowNs()) / 1e6;
        timer = setTimeout(
          () => (nowNs() < atNs ? arm() : void task()),
          Math.min(Math.max(0, Math.ceil(leftMs)), 2 ** 31 - 1),
        );
      };
      arm();
      return () => clearTimeout(timer);
    },
    finish(work, _nominalNs, done) {
      void settle(work).then(done);
    },
  };
}
