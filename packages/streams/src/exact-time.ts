import type { Nanoseconds } from "@polypilot/core";
import type { Group, Matcher, OnGroupDrop } from "./stream-sample.js";

/**
 * Sets of items with equal stamps, one from each channel.
 *
 * A set goes out with its last item. Since stamps increase within a channel, nothing older than a set that went out can find its
 * match any more, and is dropped. Of more than `queueSize` incomplete sets the oldest is dropped.
 *
 * @param onDrop - reasons `unmatched` and `queue_full`.
 * @returns groups whose samples are those of channel 0, 1, …
 */
export function exactTime<T>(channelCount: number, queueSize: number, onDrop: OnGroupDrop<T>): Matcher<T> {
  const waiting = new Map<Nanoseconds, (Group<T> | undefined)[]>();
  let lastNs: Nanoseconds | undefined;

  const drop = (stampNs: Nanoseconds, reason: string) => {
    const items = waiting.get(stampNs)!;
    waiting.delete(stampNs);
    for (const item of items) if (item) onDrop(reason, item);
  };
  return {
    add(channel, item) {
      const { stampNs } = item;
      if (lastNs !== undefined && stampNs <= lastNs) {
        onDrop("unmatched", item);
        return [];
      }
      let items = waiting.get(stampNs);
      if (!items) {
        items = new Array<Group<T> | undefined>(channelCount).fill(undefined);
        waiting.set(stampNs, items);
      }
      items[channel] = item;
      if (items.every((i) => i !== undefined)) {
        lastNs = stampNs;
        waiting.delete(stampNs);
        for (const other of [...waiting.keys()]) if (other < stampNs) drop(other, "unmatched");
        return [{ stampNs, samples: items.flatMap((i) => i!.samples) }];
      }
      if (waiting.size > queueSize) {
        drop(
          [...waiting.keys()].reduce((a, b) => (a < b ? a : b)),
          "queue_full",
        );
      }
      return [];
    },
    queued: (channel) => [...waiting.values()].filter((items) => items[channel]).length,
    clear(reason) {
      lastNs = undefined;
      for (const stampNs of [...waiting.keys()]) drop(stampNs, reason);
    },
  };
}
