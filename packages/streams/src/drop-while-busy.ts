import { defer, exhaustMap, filter, finalize, from, type ObservableInput, type OperatorFunction } from "rxjs";

/**
 * The results of `work`, for one value at a time: what arrives while it runs is dropped and told to `onDrop`.
 *
 * This is the one place on the way from sensors to commands where data are dropped on purpose. Nothing is kept for later: after
 * slow work the next value is a fresh one, so that a command is never made from a picture that waited. An error of `work` is the
 * stream's error. Unsubscribing cancels the work where it is an Observable, and lets no result of a Promise through. When the
 * source completes, work that runs is still brought to its end.
 *
 * @param work - starts the work for one value.
 * @param onDrop - told of each value that arrived while work was running.
 * @example
 * sets.pipe(dropWhileBusy((set) => predictor.predict(set), (set) => health.drop("camera", "busy")))
 */
export function dropWhileBusy<T, R>(
  work: (value: T) => ObservableInput<R>,
  onDrop: (value: T) => void,
): OperatorFunction<T, R> {
  return (source) =>
    defer(() => {
      let busy = false;
      return source.pipe(
        filter((value) => {
          if (busy) onDrop(value);
          return !busy;
        }),
        exhaustMap((value) => {
          busy = true;
          return from(work(value)).pipe(
            finalize(() => {
              busy = false;
            }),
          );
        }),
      );
    });
}
