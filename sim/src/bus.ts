import { type Arrival, type Clock, type MessageType, type MessageTypes, PolypilotError } from "@polypilot/core";

/** Hands messages to subscribers, one at a time and in order: what is sent while a callback runs waits for its end. */
export interface Bus {
  subscribe<K extends MessageType>(topic: string, type: K, onArrival: (arrival: Arrival<K>) => void): () => void;
  send<K extends MessageType>(topic: string, type: K, message: MessageTypes[K]): void;
  /** Whether anyone listens to the topic. */
  wanted(topic: string): boolean;
}

type Listener = (arrival: Arrival) => void;

/** @param types - types of the topics that are known beforehand. */
export function bus(clock: Clock, types: ReadonlyMap<string, MessageType>): Bus {
  const known = new Map(types);
  const listeners = new Map<string, Set<Listener>>();
  const queue: Arrival[] = [];
  let draining = false;
  const check = (topic: string, type: MessageType) => {
    const expected = known.get(topic);
    if (expected === undefined) known.set(topic, type);
    else if (expected !== type) {
      throw new PolypilotError("SIM_TYPE", ["sim", topic], {
        expected: `messages on ${topic} are ${expected}`,
        found: type,
        todo: "Correct the topic or the type",
      });
    }
  };
  const drain = () => {
    draining = true;
    try {
      for (let arrival = queue.shift(); arrival; arrival = queue.shift())
        for (const listener of [...(listeners.get(arrival.topic) ?? [])]) listener(arrival);
    } finally {
      draining = false;
    }
  };
  return {
    subscribe(topic, type, onArrival) {
      check(topic, type);
      const listener: Listener = (arrival) => onArrival(arrival as Parameters<typeof onArrival>[0]);
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all.add(listener));
      return () => void all.delete(listener);
    },
    send(topic, type, message) {
      check(topic, type);
      if (!listeners.get(topic)?.size) return;
      queue.push({ topic, type, message, receivedNs: clock.nowNs() });
      if (!draining) drain();
    },
    wanted: (topic) => (listeners.get(topic)?.size ?? 0) > 0,
  };
}
