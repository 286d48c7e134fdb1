import type { Arrival, Clock, MessageType, MessageTypes, Robot } from "@polypilot/core";

/** A message that was published. */
interface Published {
  readonly topic: string;
  readonly type: MessageType;
  readonly message: MessageTypes[MessageType];
}

/** A robot for tests: a topic bus on a clock, with nothing behind it. */
export interface TestRobot extends Robot {
  /** Lets a message arrive now. */
  send<K extends MessageType>(topic: string, type: K, message: MessageTypes[K]): void;
  /** Everything that was published. */
  readonly published: Published[];
  /** All that arrived and was published, in order, as a recorder would write it. */
  readonly recorded: (Published & { readonly logTimeNs: bigint })[];
  /** Subscriptions that are alive. */
  readonly subscriptions: () => number;
}

/** A bus on `clock`. */
export function testRobot(clock: Clock): TestRobot {
  const listeners = new Map<string, Set<(arrival: Arrival) => void>>();
  const published: Published[] = [];
  const recorded: TestRobot["recorded"] = [];
  return {
    clock,
    published,
    recorded,
    subscriptions: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
    subscribe(topic, _type, onArrival) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set);
      const listener = onArrival as unknown as (arrival: Arrival) => void;
      set.add(listener);
      return () => set.delete(listener);
    },
    publish(topic, type, message) {
      published.push({ topic, type, message });
      recorded.push({ topic, type, message, logTimeNs: clock.nowNs() });
    },
    send(topic, type, message) {
      const receivedNs = clock.nowNs();
      recorded.push({ topic, type, message, logTimeNs: receivedNs });
      for (const listener of listeners.get(topic) ?? []) listener({ topic, type, message, receivedNs });
    },
  };
}
