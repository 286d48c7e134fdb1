import type { MessageType, MessageTypes, Nanoseconds } from "@polypilot/core";
import type { Outgoing } from "../outlet.js";
import type { Fault } from "./fault.js";

/** A message that goes out, and how much later than it would by itself. */
export interface Delivery<K extends MessageType> {
  readonly message: MessageTypes[K];
  readonly lateMs: number;
}

/** Does to messages what the faults say. */
export interface Injector {
  apply<K extends MessageType>(outgoing: Outgoing<K>): readonly Delivery<K>[];
}

export function injector(_faults: readonly Fault[], _seed: number, _startNs: Nanoseconds): Injector {
  return { apply: ({ message }) => [{ message, lateMs: 0 }] };
}
