import { Observable, type OperatorFunction } from "rxjs";
import type { StreamSample, SynchronisedSet } from "./stream-sample.js";
import type { SynchroniseOptions } from "./synchronise-options.js";
import { synchroniser } from "./synchroniser.js";

/**
 * One set of samples for each sample of the reference stream that finds its companions; strictly in order of stamp.
 *
 * The source mixes samples of all streams in the order of arrival. Each stream is aligned to the reference by its own policy:
 *
 * - `exact`: the sample with the same stamp.
 * - `approximate`: the set with the shortest interval, by message_filters' ApproximateTime; waits until no better set can come.
 * - `latest`: the newest sample that has arrived and is within the tolerance, before or after the reference's stamp.
 * - `interpolate`: the value at the reference's stamp, between the samples before and after it if both have arrived; else `latest`.
 *
 * Without `exact` and `approximate` streams a set goes out at once with the reference's sample. Nothing is lost in silence: a
 * sample that goes into no set is told to `onDrop` with its stream and a reason (`synchroniser` lists them); no queue holds more
 * than `queueSize`, plus the sample in hand. Samples that still wait when the source completes are let go. Each subscription has
 * its own queues.
 *
 * @throws PolypilotError `STREAMS_OPTIONS` at the call, if the options exclude each other.
 * @example
 * source.pipe(synchronise({ reference: "camera", streams: { lidar: { policy: "latest", toleranceNs: 250_000_000n } } }))
 */
export function synchronise<T>(options: SynchroniseOptions<T>): OperatorFunction<StreamSample<T>, SynchronisedSet<T>> {
  synchroniser(options); // refuses wrong options now, not at the subscription
  return (source) =>
    new Observable((subscriber) => {
      const machine = synchroniser(options);
      return source.subscribe({
        next: (sample) => {
          for (const set of machine.add(sample)) subscriber.next(set);
        },
        error: (cause) => subscriber.error(cause),
        complete: () => subscriber.complete(),
      });
    });
}
