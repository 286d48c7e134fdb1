import type { Nanoseconds } from "@polypilot/core";

/** How one stream was doing at one moment; a frozen value. */
export interface StreamHealth {
  /** Messages that came in, whatever became of them. */
  readonly received: number;
  /** Of those, the ones that were dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Newest stamp; undefined before the first message. */
  readonly lastStampNs: Nanoseconds | undefined;
  /** Time from the newest stamp to the moment asked for. */
  readonly ageNs: Nanoseconds | undefined;
  /** Messages a second over the window; falls while the stream is silent. */
  readonly rateHz: number;
}

/** Counts of one stream; memory does not grow. */
export interface HealthMeter {
  receive(stampNs: Nanoseconds, receivedNs: Nanoseconds): void;
  drop(reason: string, count?: number): void;
  at(nowNs: Nanoseconds): StreamHealth;
}

const ARRIVALS = 512; // a window of 2 s is whole up to 256 Hz, and shorter for faster streams
const REASONS = 64;

/**
 * Counts what one stream receives and drops, and tells its rate and age at any moment.
 *
 * Rate: with n arrivals in (now − window, now], the first of them at t₁, (n − 1)/(now − t₁); 0 below two arrivals. It is the true
 * rate just after an arrival of a steady stream, and falls towards 0 in a silence.
 *
 * @param windowNs - 2 s by default.
 */
export function healthMeter(windowNs: Nanoseconds = 2_000_000_000n): HealthMeter {
  const arrivals = new BigInt64Array(ARRIVALS);
  const dropped = new Map<string, number>();
  let received = 0;
  let lastStampNs: Nanoseconds | undefined;

  const rateHz = (nowNs: Nanoseconds): number => {
    let count = 0;
    let firstNs = nowNs;
    for (let i = received - 1; i >= Math.max(0, received - ARRIVALS); i -= 1) {
      const arrivalNs = arrivals[i % ARRIVALS]!;
      if (arrivalNs <= nowNs - windowNs) break;
      if (arrivalNs > nowNs) continue; // received after the moment asked for
      firstNs = arrivalNs;
      count += 1;
    }
    return count < 2 ? 0 : ((count - 1) * 1e9) / Number(nowNs - firstNs);
  };
  return {
    receive(stampNs, receivedNs) {
      arrivals[received % ARRIVALS] = receivedNs;
      received += 1;
      if (lastStampNs === undefined || stampNs > lastStampNs) lastStampNs = stampNs;
    },
    drop(reason, count = 1) {
      const key = dropped.has(reason) || dropped.size < REASONS ? reason : "other";
      dropped.set(key, (dropped.get(key) ?? 0) + count);
    },
    at: (nowNs) =>
      Object.freeze({
        received,
        dropped: Object.freeze(Object.fromEntries([...dropped].sort(([a], [b]) => (a < b ? -1 : 1)))),
        lastStampNs,
        ageNs: lastStampNs === undefined ? undefined : nowNs - lastStampNs,
        rateHz: rateHz(nowNs),
      }),
  };
}

/** The meters of several streams; a stream that was not named at first gets its meter with its first message. */
export interface HealthBoard {
  receive(stream: string, stampNs: Nanoseconds, receivedNs: Nanoseconds): void;
  drop(stream: string, reason: string, count?: number): void;
  at(nowNs: Nanoseconds): Readonly<Record<string, StreamHealth>>;
}

/** @param streams - shown from the start, also without a message. */
export function healthBoard(streams: readonly string[], windowNs?: Nanoseconds): HealthBoard {
  const meters = new Map(streams.map((stream) => [stream, healthMeter(windowNs)]));
  const meterOf = (stream: string): HealthMeter => {
    let meter = meters.get(stream);
    if (!meter) {
      meter = healthMeter(windowNs);
      meters.set(stream, meter);
    }
    return meter;
  };
  return {
    receive: (stream, stampNs, receivedNs) => meterOf(stream).receive(stampNs, receivedNs),
    drop: (stream, reason, count) => meterOf(stream).drop(reason, count),
    at: (nowNs) => Object.fromEntries([...meters].map(([stream, meter]) => [stream, meter.at(nowNs)])),
  };
}
