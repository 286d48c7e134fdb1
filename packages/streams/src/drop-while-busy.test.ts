import { NEVER, Subject, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { dropWhileBusy } from "./drop-while-busy.js";
import { runMarbles } from "./testing/marbles.js";

describe("dropWhileBusy", () => {
  it("works on one value at a time and drops what arrives meanwhile, keeping nothing for later", () => {
    runMarbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const dropped: string[] = [];
      const work = cold("    ---r|");
      const source = hot("  ab-c--d-e------|");
      const result = source.pipe(
        dropWhileBusy(
          () => work,
          (value) => dropped.push(value),
        ),
      );
      expectObservable(result).toBe("---r-----r-----|");
      expectSubscriptions(source.subscriptions).toBe("^--------------!");
      expectSubscriptions(work.subscriptions).toBe(["^---!", "------^---!"]);
      flush();
      expect(dropped).toEqual(["b", "c", "e"]);
    });
  });

  it("cancels the work when unsubscribed", () => {
    runMarbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const work = cold("   -----r|");
      const source = hot("  -a------|");
      expectObservable(
        source.pipe(
          dropWhileBusy(
            () => work,
            () => {},
          ),
        ),
        "^---!",
      ).toBe("-----");
      expectSubscriptions(work.subscriptions).toBe("-^--!");
      expectSubscriptions(source.subscriptions).toBe("^---!");
    });
  });

  it("brings running work to its end when the source completes", () => {
    runMarbles(({ hot, cold, expectObservable }) => {
      const result = hot("a-|").pipe(
        dropWhileBusy(
          () => cold("-----(r|)"),
          () => {},
        ),
      );
      expectObservable(result).toBe("-----(r|)");
    });
  });

  it("passes on what the work throws, at once or later", () => {
    runMarbles(({ hot, cold, expectObservable }) => {
      expectObservable(
        hot("-a").pipe(
          dropWhileBusy(
            () => cold("--#"),
            () => {},
          ),
        ),
      ).toBe("---#");
      const now = () => throwError(() => "error");
      expectObservable(hot("-a").pipe(dropWhileBusy(now, () => {}))).toBe("-#");
      const wrong = () => {
        throw "error";
      };
      expectObservable(hot("-a").pipe(dropWhileBusy(wrong, () => {}))).toBe("-#");
    });
  });

  it("takes promises, and lets no result through after unsubscribing", async () => {
    const source = new Subject<number>();
    const results: number[] = [];
    const dropped: number[] = [];
    let finish: (value: number) => void = () => {};
    const work = () =>
      new Promise<number>((resolve) => {
        finish = resolve;
      });
    const subscription = source
      .pipe(dropWhileBusy(work, (value) => dropped.push(value)))
      .subscribe((r) => results.push(r));
    source.next(1);
    source.next(2);
    finish(10);
    await Promise.resolve();
    await Promise.resolve();
    source.next(3);
    subscription.unsubscribe();
    finish(30);
    await Promise.resolve();
    await Promise.resolve();
    expect({ results, dropped }).toEqual({ results: [10], dropped: [2] });
  });

  it("is busy for each subscription apart", () => {
    const source = new Subject<number>();
    const dropped: number[] = [];
    const piped = source.pipe(
      dropWhileBusy(
        () => NEVER,
        (value) => dropped.push(value),
      ),
    );
    const first = piped.subscribe();
    source.next(1);
    const second = piped.subscribe();
    source.next(2); // busy in the first, work in the second
    expect(dropped).toEqual([2]);
    first.unsubscribe();
    second.unsubscribe();
    expect(source.observed).toBe(false);
  });
});
