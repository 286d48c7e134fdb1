import type { Clock, Nanoseconds } from "@polypilot/core";
import { Observable, type OperatorFunction } from "rxjs";

/** Silence began to be too long, or ended. */
export type WatchdogEvent =
  | {
      readonly kind: "stale";
      /** When the last value came, or the subscription if none did. */
      readonly sinceNs: Nanoseconds;
    }
  | { readonly kind: "fresh" };

/**
 * `fresh` with the first value and with the first after a silence; `stale` once when no value came for `timeoutNs`.
 *
 * The silence is counted from the last value, or from the subscription, on the given clock: live, virtual or of a recording. One
 * timer runs at a time, and a value costs no timer: a timer that comes too early sees when the last value came and waits for
 * the rest. When the source completes, so does this; unsubscribing cancels the timer.
 *
 * @param options.timeoutNs - longest silence, > 0.
 * @example
 * camera.pipe(watchdog({ timeoutNs: 200_000_000n, clock })).subscribe((event) => gate.camera(event.kind))
 */
export function watchdog({
  timeoutNs,
  clock,
}: {
  readonly timeoutNs: Nanoseconds;
  readonly clock: Clock;
}): OperatorFunction<unknown, WatchdogEvent> {
  return (source) =>
    new Observable<WatchdogEvent>((subscriber) => {
      let lastNs = clock.nowNs();
      let kind: WatchdogEvent["kind"] | undefined;
      let cancel = () => {};
      const check = () => {
        if (clock.nowNs() < lastNs + timeoutNs) {
          cancel = clock.at(lastNs + timeoutNs, check);
        } else {
          kind = "stale";
          subscriber.next({ kind, sinceNs: lastNs });
        }
      };
      subscriber.add(() => cancel());
      cancel = clock.at(lastNs + timeoutNs, check);
      return source.subscribe({
        next: () => {
          lastNs = clock.nowNs();
          if (kind === "stale") cancel = clock.at(lastNs + timeoutNs, check);
          if (kind === "fresh") return;
          kind = "fresh";
          subscriber.next({ kind });
        },
        error: (cause) => subscriber.error(cause),
        complete: () => subscriber.complete(),
      });
    });
}
