import {
  type Contract,
  type Header,
  type MessageType,
  type MessageTypes,
  type Nanoseconds,
  nsToSec,
  PolypilotError,
  type Random,
  random,
  secToNs,
  toRosTime,
} from "@polypilot/core";
import type { Outgoing } from "../outlet.js";
import { corrupt } from "./corrupt.js";
import type { Fault } from "./fault.js";

/** A message that goes out, and how much later than it would by itself. */
interface Delivery<K extends MessageType> {
  readonly message: MessageTypes[K];
  readonly lateMs: number;
}

/** Does to messages what the faults say. */
export interface Injector {
  apply<K extends MessageType>(outgoing: Outgoing<K>): readonly Delivery<K>[];
}

/** How late a message of `out_of_order` is, in periods: it arrives after its successor. */
const PERIODS_LATE = 1.5;
const DUPLICATE_LATE_MS = 0.2;

function withStamp<K extends MessageType>(message: MessageTypes[K], stampNs: Nanoseconds): MessageTypes[K] {
  const { header } = message as { header?: Header };
  return header ? { ...message, header: { ...header, stamp: toRosTime(stampNs) } } : message;
}

function applyOne<K extends MessageType>(
  fault: Fault,
  delivery: Delivery<K>,
  outgoing: Outgoing<K>,
  rng: Random,
  stuckAt: (message: MessageTypes[K]) => MessageTypes[K],
): readonly Delivery<K>[] {
  const { message, lateMs } = delivery;
  const struck = rng.uniform() < fault.amount;
  switch (fault.kind) {
    case "silent":
      return [];
    case "drop":
      return struck ? [] : [delivery];
    case "late":
      return [{ message, lateMs: lateMs + fault.amount * 1000 }];
    case "duplicate":
      return struck ? [delivery, { message, lateMs: lateMs + DUPLICATE_LATE_MS }] : [delivery];
    case "out_of_order":
      return struck ? [{ message, lateMs: lateMs + (PERIODS_LATE * Number(outgoing.periodNs)) / 1e6 }] : [delivery];
    case "corrupt":
      return struck ? [{ message: corrupt(outgoing.type, message, rng), lateMs }] : [delivery];
    case "stuck":
      return [{ message: withStamp(stuckAt(message), outgoing.stampNs), lateMs }];
    case "clock_jump":
      return [{ message: withStamp(message, outgoing.stampNs + secToNs(fault.amount)), lateMs }];
  }
}

/**
 * Faults on the way from sensors to subscribers. What strikes a message depends on the seed, the fault and the message's
 * number alone.
 *
 * @throws PolypilotError `SIM_FAULT` if a fault names a stream that the contract has not.
 */
export function injector(faults: readonly Fault[], seed: number, startNs: Nanoseconds, contract: Contract): Injector {
  for (const { stream } of faults) {
    const known = Object.entries(contract.streams).some(([name, { topic }]) => stream === name || stream === topic);
    if (known || stream === "*") continue;
    throw new PolypilotError("SIM_FAULT", ["sim", "faults"], {
      expected: `a fault's stream is one of ${Object.keys(contract.streams).join(", ")}, a topic of these or *`,
      found: stream,
      todo: "Correct the stream",
    });
  }
  const rng = random(seed).fork("faults");
  const stuck = new Map<string, unknown>();
  return {
    apply<K extends MessageType>(outgoing: Outgoing<K>): readonly Delivery<K>[] {
      const sec = nsToSec(outgoing.stampNs - startNs);
      let out: readonly Delivery<K>[] = [{ message: outgoing.message, lateMs: 0 }];
      faults.forEach((fault, number) => {
        const { stream, fromSec, toSec } = fault;
        if (stream !== "*" && stream !== outgoing.stream && stream !== outgoing.topic) return;
        const key = `${number} ${outgoing.stream}`;
        if (sec < fromSec || sec >= toSec) {
          stuck.delete(key);
          return;
        }
        const own = rng.fork(`${key} ${outgoing.index}`);
        const hold = (message: MessageTypes[K]): MessageTypes[K] => {
          if (!stuck.has(key)) stuck.set(key, message);
          return stuck.get(key) as MessageTypes[K];
        };
        out = out.flatMap((delivery) => applyOne(fault, delivery, outgoing, own, hold));
      });
      return out;
    },
  };
}
