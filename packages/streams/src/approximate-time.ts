import type { Nanoseconds } from "@polypilot/core";
import type { Group, Matcher, OnGroupDrop } from "./stream-sample.js";

/** What bounds the search for sets of about equal stamps. */
export interface ApproximateTimeOptions {
  /** Most items of one channel that may wait. At least 2 is advisable: with 1, many are dropped. */
  readonly queueSize: number;
  /** How much better than the first one a later set must be, for each second that it is later; ≥ 0. */
  readonly agePenalty: number;
  /** Longest interval from a set's oldest to its newest stamp. */
  readonly maxIntervalNs: Nanoseconds;
  /** For each channel, the shortest time between two of its items: with it, sets are found earlier. */
  readonly lowerBoundsNs: readonly Nanoseconds[];
}

interface Channel<T> {
  /** In order of stamp; of the items before `head`, the search knows already that they may only wait. */
  readonly items: Group<T>[];
  head: number;
  /** Whether an item was dropped that might have been the better one, so that this channel makes no good pivot. */
  hasDropped: boolean;
}

interface Bound {
  readonly index: number;
  readonly stampNs: Nanoseconds;
}

/**
 * Sets of items with about equal stamps, one from each channel, by message_filters' ApproximateTime.
 *
 * Each item is in at most one set; sets do not cross; no parameter says how near "near" is. The newest among the oldest items of
 * all channels is the *pivot*: it must be in the next set. Among all sets that hold the pivot, the shortest interval from
 * first to last stamp wins, where a later set must be better by the age penalty: (end − candidateEnd)·(1 + penalty) <
 * start − candidateStart. A set goes out as soon as no set still to come can be better: when the search reaches the pivot, when
 * any further interval would be too long, or when the channels' lower bounds between items prove as much.
 *
 * Sets come out in order. At most `queueSize` items of a channel wait, plus the one just added.
 *
 * @param onDrop - reasons `unmatched` (no set can hold it any more) and `queue_full`.
 * @returns groups whose samples are those of channel 0, 1, …; a group's stamp is channel 0's.
 * @see wiki.ros.org/message_filters/ApproximateTime, by R. Bosch Guerrero and B. Willow; ros2/message_filters.
 * Differs from the C++ code: one list with a head instead of a queue and a past; a too small distance between two items
 * of a channel is not warned about; products with the penalty are in double precision, not cut off to whole nanoseconds, which
 * can settle an exact tie the other way.
 */
export function approximateTime<T>(
  channelCount: number,
  options: ApproximateTimeOptions,
  onDrop: OnGroupDrop<T>,
): Matcher<T> {
  const search = new ApproximateSearch<T>(channelCount, options, onDrop);
  return {
    add: (channel, item) => search.add(channel, item),
    queued: (channel) => search.channels[channel]!.items.length,
    clear: (reason) => search.clear(reason),
  };
}

class ApproximateSearch<T> {
  readonly channels: readonly Channel<T>[];
  // The candidate, where there is one, is the first item of each channel.
  private pivot = -1; // channel of the pivot, −1 without a candidate
  private pivotNs = 0n;
  private candidateStartNs = 0n;
  private candidateEndNs = 0n;
  private found: Group<T>[] = [];

  constructor(
    channelCount: number,
    private readonly options: ApproximateTimeOptions,
    private readonly onDrop: OnGroupDrop<T>,
  ) {
    this.channels = Array.from({ length: channelCount }, () => ({ items: [], head: 0, hasDropped: false }));
  }

  add(index: number, item: Group<T>): readonly Group<T>[] {
    this.found = [];
    const channel = this.channels[index]!;
    channel.items.push(item);
    if (channel.items.length - channel.head === 1) this.process();
    if (channel.items.length > this.options.queueSize) {
      this.rewind();
      this.dropFirst(channel, "queue_full");
      channel.hasDropped = true;
      if (this.pivot >= 0) {
        this.pivot = -1; // the candidate may have lost its item
        this.process();
      }
    }
    return this.found;
  }

  clear(reason: string): void {
    this.pivot = -1;
    for (const channel of this.channels) {
      channel.head = 0;
      channel.hasDropped = false;
      while (channel.items.length > 0) this.dropFirst(channel, reason);
    }
  }

  private process(): void {
    while (this.allHaveItems()) {
      const end = this.boundary(true, (channel) => this.front(channel));
      const start = this.boundary(false, (channel) => this.front(channel));
      for (const [i, channel] of this.channels.entries()) if (i !== end.index) channel.hasDropped = false;
      if (this.pivot < 0) {
        const tooLong = end.stampNs - start.stampNs > this.options.maxIntervalNs;
        if (tooLong || this.channels[end.index]!.hasDropped) {
          this.dropFirst(this.channels[start.index]!, "unmatched");
          continue;
        }
        this.pivot = end.index;
        this.pivotNs = end.stampNs;
        this.takeCandidate(start, end);
      } else if (this.penalised(end) < Number(start.stampNs - this.candidateStartNs)) {
        this.takeCandidate(start, end);
      }
      this.channels[start.index]!.head += 1;
      if (this.isBest(end)) this.publish();
    }
  }

  /** Whether no set still to come can be better than the candidate: each holds [pivot, end], and more if bounds say so. */
  private isBest(end: Bound): boolean {
    if (this.penalised(end) >= Number(this.pivotNs - this.candidateStartNs)) return true;
    return !this.allHaveItems() && this.isBestByLowerBounds();
  }

  /** Continues the search with the earliest items that could still come; leaves the heads as they were. */
  private isBestByLowerBounds(): boolean {
    const heads = this.channels.map((channel) => channel.head);
    const earliest = (channel: Channel<T>, i: number) => this.frontOrEarliest(channel, i);
    for (;;) {
      const end = this.boundary(true, earliest);
      const start = this.boundary(false, earliest);
      const proved = this.penalised(end) >= Number(this.pivotNs - this.candidateStartNs);
      if (proved || this.penalised(end) < Number(start.stampNs - this.candidateStartNs)) {
        for (const [i, channel] of this.channels.entries()) channel.head = heads[i]!;
        return proved;
      }
      this.channels[start.index]!.head += 1; // before the pivot, so there is an item
    }
  }

  private front(channel: Channel<T>): Nanoseconds {
    return channel.items[channel.head]!.stampNs;
  }

  private frontOrEarliest(channel: Channel<T>, index: number): Nanoseconds {
    if (channel.head < channel.items.length) return this.front(channel);
    const boundNs = channel.items.at(-1)!.stampNs + (this.options.lowerBoundsNs[index] ?? 0n);
    return boundNs > this.pivotNs ? boundNs : this.pivotNs;
  }

  /** The latest stamp (the last channel's of equal ones), or the earliest (the first channel's). */
  private boundary(latest: boolean, stampOf: (channel: Channel<T>, index: number) => Nanoseconds): Bound {
    let index = 0;
    let stampNs = stampOf(this.channels[0]!, 0);
    for (let i = 1; i < this.channels.length; i += 1) {
      const candidateNs = stampOf(this.channels[i]!, i);
      if (latest ? candidateNs >= stampNs : candidateNs < stampNs) {
        index = i;
        stampNs = candidateNs;
      }
    }
    return { index, stampNs };
  }

  private penalised(end: Bound): number {
    return Number(end.stampNs - this.candidateEndNs) * (1 + this.options.agePenalty);
  }

  private allHaveItems(): boolean {
    return this.channels.every((channel) => channel.head < channel.items.length);
  }

  private takeCandidate(start: Bound, end: Bound): void {
    this.candidateStartNs = start.stampNs;
    this.candidateEndNs = end.stampNs;
    for (const channel of this.channels) {
      for (; channel.head > 0; channel.head -= 1) this.dropFirst(channel, "unmatched");
    }
  }

  private publish(): void {
    this.rewind();
    this.pivot = -1;
    const items = this.channels.map((channel) => channel.items.shift()!);
    this.found.push({ stampNs: items[0]!.stampNs, samples: items.flatMap((item) => item.samples) });
  }

  private rewind(): void {
    for (const channel of this.channels) channel.head = 0;
  }

  private dropFirst(channel: Channel<T>, reason: string): void {
    this.onDrop(reason, channel.items.shift()!);
  }
}
