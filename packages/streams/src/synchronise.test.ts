import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import type { StreamSample, SynchronisedSet } from "./stream-sample.js";
import { synchronise } from "./synchronise.js";
import { runMarbles } from "./testing/marbles.js";
import { approximate, camera, latest, lidar, MS, show } from "./testing/synchronised.js";

describe("synchronise in virtual time", () => {
  it("answers each reference sample at once and passes on completion", () => {
    runMarbles(({ hot, expectObservable, expectSubscriptions }) => {
      const samples = { l: lidar(0), m: lidar(3), c: camera(2), d: camera(4) };
      const set = (reference: StreamSample<string>, other: StreamSample<string>): SynchronisedSet<string> => ({
        stampNs: reference.stampNs,
        samples: {
          camera: { stampNs: reference.stampNs, receivedNs: reference.receivedNs, value: reference.value, ageNs: 0n },
          lidar: {
            stampNs: other.stampNs,
            receivedNs: other.receivedNs,
            value: other.value,
            ageNs: reference.stampNs - other.stampNs,
          },
        },
      });
      const source = hot("l-cmd-|", samples);
      const result = source.pipe(synchronise({ reference: "camera", streams: { lidar: latest(50) } }));
      expectObservable(result).toBe("--x-y-|", { x: set(samples.c, samples.l), y: set(samples.d, samples.m) });
      expectSubscriptions(source.subscriptions).toBe("^-----!");
    });
  });

  it("waits for the better of two approximate matches", () => {
    runMarbles(({ hot, expectObservable }) => {
      const samples = { c: camera(0), l: lidar(10), d: camera(12), m: lidar(40), e: camera(41) };
      const result = hot("clmd-e|", samples).pipe(
        synchronise({ reference: "camera", streams: { lidar: approximate(50) } }),
      );
      // c and l are 10 ms apart, d and l only 2. For e and m, a better lidar message might still come.
      expectObservable(result).toBe("---x--|", {
        x: expect.objectContaining({
          stampNs: 12n * MS,
          samples: expect.objectContaining({ lidar: expect.objectContaining({ value: "lidar@10" }) }),
        }),
      });
    });
  });

  it("unsubscribes from the source, and each subscription has queues of its own", () => {
    const source = new Subject<StreamSample<string>>();
    const sets = source.pipe(synchronise({ reference: "camera", streams: { lidar: latest(50) } }));
    const [first, second]: [string[], string[]] = [[], []];
    const subscription = sets.subscribe((set) => first.push(show(set)));
    source.next(lidar(0));
    const other = sets.subscribe((set) => second.push(show(set)));
    source.next(camera(1));
    subscription.unsubscribe();
    source.next(lidar(2));
    source.next(camera(3));
    expect([first, second]).toEqual([["camera@1 lidar@0"], ["camera@3 lidar@2"]]);
    other.unsubscribe();
    expect(source.observed).toBe(false);
  });

  it("unsubscribes at the marked frame and passes errors on", () => {
    runMarbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot("l-c--c-#", { l: lidar(0), c: camera(1) });
      const result = source.pipe(synchronise({ reference: "camera", streams: { lidar: latest(50) } }));
      expectObservable(result, "^---!").toBe("--x", { x: expect.anything() });
      expectObservable(result).toBe("--x----#", { x: expect.anything() });
      expectSubscriptions(source.subscriptions).toBe(["^---!", "^------!"]);
    });
  });
});
