import type { Nanoseconds } from "@polypilot/core";
import { approximateTime } from "./approximate-time.js";
import { type Companion, companion } from "./companion.js";
import { exactTime } from "./exact-time.js";
import type { Group, Matcher, SetMember, StreamSample, SynchronisedSet } from "./stream-sample.js";
import { alignedBy, checkOptions, queueSizeOf, type SynchroniseOptions } from "./synchronise-options.js";

/** What `synchronise` does, one sample at a time. */
export interface Synchroniser<T> {
  /** Takes a sample; returns the sets that are now complete, oldest first. */
  add(sample: StreamSample<T>): readonly SynchronisedSet<T>[];
  /** Samples that wait or are kept, by stream. */
  queued(): Readonly<Record<string, number>>;
}

interface Stage<T> {
  readonly streams: readonly string[];
  readonly matcher: Matcher<T>;
}

/**
 * The synchroniser as a state machine without RxJS: for offline alignment, and for `synchronise`.
 *
 * The reference's samples go through up to three stages: they wait for samples of equal stamp from the `exact` streams, then for
 * those of about equal stamp from the `approximate` streams (the set's whole interval is at most the smallest of their
 * tolerances), and then ask the `latest` and `interpolate` streams, which answer at once with what has arrived. If one of them has
 * nothing within its tolerance, the set's samples are dropped.
 *
 * Every sample is in a set, is dropped with a reason, or is still queued. Reasons: `duplicate` and `out_of_order` (a stamp not
 * after the stream's last), `unmatched` (no set can hold it any more), `queue_full`, `no_<stream>` (that companion had nothing),
 * `superseded` (kept for the reference, but a newer one served), `clock_jump` (waiting when stamps jumped back), `unknown_stream`.
 *
 * @throws PolypilotError `STREAMS_OPTIONS` if the options exclude each other.
 */
export function synchroniser<T>(options: SynchroniseOptions<T>): Synchroniser<T> {
  checkOptions(options);
  return new SetBuilder(options);
}

class SetBuilder<T> implements Synchroniser<T> {
  private readonly stages: readonly Stage<T>[];
  private readonly companions: ReadonlyMap<string, Companion<T>>;
  private readonly known: ReadonlySet<string>;
  private readonly lastNs = new Map<string, Nanoseconds>();

  constructor(private readonly options: SynchroniseOptions<T>) {
    this.stages = makeStages(options, this.drop);
    this.companions = makeCompanions(options, this.drop);
    this.known = new Set([options.reference, ...Object.keys(options.streams)]);
  }

  add(sample: StreamSample<T>): readonly SynchronisedSet<T>[] {
    if (!this.inOrder(sample)) return [];
    const { stream, stampNs } = sample;
    const companionOf = this.companions.get(stream);
    if (companionOf) {
      companionOf.add(sample);
      return [];
    }
    const isReference = stream === this.options.reference;
    let stage = isReference ? 0 : this.stages.findIndex(({ streams }) => streams.includes(stream));
    let groups: readonly Group<T>[] = [{ stampNs, samples: [sample] }];
    for (let channel = isReference ? 0 : this.stages[stage]!.streams.indexOf(stream) + 1; ; channel = 0) {
      const matcher = this.stages[stage]?.matcher;
      if (!matcher) break;
      groups = groups.flatMap((group) => matcher.add(channel, group));
      stage += 1;
    }
    return groups.flatMap((group) => this.complete(group) ?? []);
  }

  queued(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = { [this.options.reference]: 0 };
    for (const [i, { streams, matcher }] of this.stages.entries()) {
      const joined = [this.options.reference, ...this.stages.slice(0, i).flatMap((stage) => stage.streams)];
      for (const stream of joined) counts[stream]! += matcher.queued(0);
      for (const [k, stream] of streams.entries()) counts[stream] = matcher.queued(k + 1);
    }
    for (const [stream, { queued }] of this.companions) counts[stream] = queued();
    return counts;
  }

  private readonly drop = (reason: string, samples: readonly StreamSample<T>[]): void => {
    for (const sample of samples) this.options.onDrop?.(sample.stream, reason, sample);
  };

  /** Whether the sample may go on; one that does not is dropped, and a jump back of the clock empties all queues. */
  private inOrder(sample: StreamSample<T>): boolean {
    const { stream, stampNs } = sample;
    if (!this.known.has(stream)) {
      this.drop("unknown_stream", [sample]);
      return false;
    }
    const lastNs = this.lastNs.get(stream);
    const backNs = lastNs === undefined ? -1n : lastNs - stampNs;
    if (backNs > (this.options.clockJumpNs ?? 1_000_000_000n)) {
      this.lastNs.clear();
      for (const { matcher } of this.stages) matcher.clear("clock_jump");
      for (const kept of this.companions.values()) kept.clear("clock_jump");
      this.options.onClockJump?.(stream, backNs);
    } else if (backNs >= 0n) {
      this.drop(backNs === 0n ? "duplicate" : "out_of_order", [sample]);
      return false;
    }
    this.lastNs.set(stream, stampNs);
    return true;
  }

  private complete({ stampNs, samples }: Group<T>): SynchronisedSet<T> | undefined {
    const members: Record<string, SetMember<T>> = {};
    for (const { stream, stampNs: ownNs, receivedNs, value } of samples) {
      members[stream] = { stampNs: ownNs, receivedNs, value, ageNs: stampNs - ownNs };
    }
    for (const [stream, { at }] of this.companions) {
      const member = at(stampNs);
      if (!member) {
        this.drop(`no_${stream}`, samples);
        return undefined;
      }
      members[stream] = member;
    }
    return { stampNs, samples: members };
  }
}

type Drop<T> = (reason: string, samples: readonly StreamSample<T>[]) => void;

function makeStages<T>(options: SynchroniseOptions<T>, drop: Drop<T>): Stage<T>[] {
  const exact = alignedBy(options, "exact");
  const near = alignedBy(options, "approximate");
  const longest = (group: typeof exact) => Math.max(...group.map(([, alignment]) => queueSizeOf(options, alignment)));
  const onDrop = (reason: string, group: Group<T>) => drop(reason, group.samples);
  const stages: Stage<T>[] = [];
  if (exact.length > 0) {
    const streams = exact.map(([stream]) => stream);
    stages.push({ streams, matcher: exactTime(1 + exact.length, longest(exact), onDrop) });
  }
  if (near.length > 0) {
    const streams = near.map(([stream]) => stream);
    const approximate = {
      queueSize: longest(near),
      agePenalty: options.agePenalty ?? 0.1,
      maxIntervalNs: near.map(([, { toleranceNs }]) => toleranceNs).reduce((a, b) => (a < b ? a : b)),
      lowerBoundsNs: [options.reference, ...streams].map((s) => options.interMessageLowerBoundNs?.[s] ?? 0n),
    };
    stages.push({ streams, matcher: approximateTime(1 + near.length, approximate, onDrop) });
  }
  return stages;
}

function makeCompanions<T>(options: SynchroniseOptions<T>, drop: Drop<T>): Map<string, Companion<T>> {
  return new Map(
    alignedBy(options, "latest", "interpolate").map(([stream, alignment]) => [
      stream,
      companion<T>({
        toleranceNs: alignment.toleranceNs,
        queueSize: queueSizeOf(options, alignment),
        interpolate: alignment.policy === "interpolate" ? options.interpolate : undefined,
        onDrop: (reason, sample) => drop(reason, [sample]),
      }),
    ]),
  );
}
