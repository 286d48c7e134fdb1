import { type Clock, type MessageType, type MessageTypes, msToNs, type Nanoseconds } from "@polypilot/core";
import type { Bus } from "./bus.js";
import type { Injector } from "./faults/injector.js";

/** A measured message on its way out. */
export interface Outgoing<K extends MessageType = MessageType> {
  readonly stream: string;
  readonly topic: string;
  readonly type: K;
  readonly message: MessageTypes[K];
  readonly stampNs: Nanoseconds;
  readonly index: number;
  readonly periodNs: Nanoseconds;
  readonly delayMs: number;
}

/** The way from sensors to subscribers: transport delay, and the faults that were asked for. */
export interface Outlet {
  send<K extends MessageType>(outgoing: Outgoing<K>): void;
  /** Runs `task` when a message measured at `stampNs` arrives. */
  arrive(stampNs: Nanoseconds, delayMs: number, task: () => void): void;
  /** Nothing arrives any more. */
  close(): void;
}

/** Messages arrive at their stamp plus their delay; at once, if computing them took longer. */
export function outlet(clock: Clock, bus: Bus, faults: Injector): Outlet {
  const waiting = new Set<() => void>();
  const arrive: Outlet["arrive"] = (stampNs, delayMs, task) => {
    const atNs = stampNs + msToNs(delayMs);
    if (atNs <= clock.nowNs()) {
      task();
      return;
    }
    const cancel = clock.at(atNs, () => {
      waiting.delete(cancel);
      task();
    });
    waiting.add(cancel);
  };
  return {
    send(outgoing) {
      const { topic, type, stampNs, delayMs } = outgoing;
      for (const { message, lateMs } of faults.apply(outgoing))
        arrive(stampNs, delayMs + lateMs, () => bus.send(topic, type, message));
    },
    arrive,
    close() {
      for (const cancel of waiting) cancel();
      waiting.clear();
    },
  };
}
