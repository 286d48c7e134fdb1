import { TestScheduler } from "rxjs/testing";
import { expect } from "vitest";
import type { StreamSample } from "../stream-sample.js";

/** Runs a marble test whose expectations are vitest's. */
export function runMarbles(test: Parameters<TestScheduler["run"]>[0]): void {
  new TestScheduler((actual, expected) => expect(actual).toStrictEqual(expected)).run(test);
}

/** A sample of `stream` stamped at so many milliseconds, whose value says both: `camera@40`. */
export function sampleAt(stream: string, stampMs: number, receivedMs = stampMs): StreamSample<string> {
  return {
    stream,
    stampNs: BigInt(Math.round(stampMs * 1e6)),
    receivedNs: BigInt(Math.round(receivedMs * 1e6)),
    value: `${stream}@${stampMs}`,
  };
}
