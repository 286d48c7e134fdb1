import type { Nanoseconds } from "@polypilot/core";

/** One value of one stream, with its own stamp and the time at which it came in. */
export interface StreamSample<T> {
  readonly stream: string;
  readonly stampNs: Nanoseconds;
  readonly receivedNs: Nanoseconds;
  readonly value: T;
}

/** A stream's part in a synchronised set. */
export interface SetMember<T> {
  /** When the value was true; for an interpolated value, the reference's stamp. */
  readonly stampNs: Nanoseconds;
  readonly receivedNs: Nanoseconds;
  readonly value: T;
  /** Reference stamp − this stamp; negative if this sample is the younger. */
  readonly ageNs: Nanoseconds;
}

/** Samples of several streams that belong to one moment. */
export interface SynchronisedSet<T> {
  /** The reference stream's stamp. */
  readonly stampNs: Nanoseconds;
  /** One member for each stream, the reference included. */
  readonly samples: Readonly<Record<string, SetMember<T>>>;
}

/** Several samples that go on as one, at the first one's stamp. */
export interface Group<T> {
  readonly stampNs: Nanoseconds;
  readonly samples: readonly StreamSample<T>[];
}

/** Finds groups over several channels; told of each sample that goes into none. */
export interface Matcher<T> {
  /** Takes an item of a channel, whose stamps must increase; returns the groups that are now complete, oldest first. */
  add(channel: number, item: Group<T>): readonly Group<T>[];
  /** Items that still wait in a channel. */
  queued(channel: number): number;
  /** Forgets all items, telling of each. */
  clear(reason: string): void;
}

/** Called for each item that goes into no group. */
export type OnGroupDrop<T> = (reason: string, item: Group<T>) => void;
