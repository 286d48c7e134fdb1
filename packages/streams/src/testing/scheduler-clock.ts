import { type Clock, settle } from "@polypilot/core";
import type { SchedulerLike } from "rxjs";

/** core's Clock on an RxJS scheduler, so that marble tests run in its virtual time; one frame is one millisecond. */
export function schedulerClock(scheduler: SchedulerLike): Clock {
  const nowNs = () => BigInt(Math.round(scheduler.now() * 1e6));
  const at: Clock["at"] = (atNs, task) => {
    const timer = scheduler.schedule(() => void task(), Math.max(0, Number(atNs - nowNs()) / 1e6));
    return () => timer.unsubscribe();
  };
  return {
    nowNs,
    at,
    finish(work, nominalNs, done) {
      const result = settle(work);
      at(nowNs() + nominalNs, async () => done(await result));
    },
  };
}
