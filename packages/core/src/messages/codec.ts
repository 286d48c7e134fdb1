import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import { PolypilotError } from "../error.js";
import type { MessageType } from "../ports.js";
import { fromRosTime, type Nanoseconds } from "../time.js";
import { type Header, type MessageTypes, messageSchemas } from "./generated.js";
import { type MessageEncoder, messageEncoder } from "./message-encoder.js";

export type { MessageEncoder } from "./message-encoder.js";

const readers = new Map<MessageType, MessageReader>();
const encoders = new Map<MessageType, MessageEncoder>();

function cached<V>(map: Map<MessageType, V>, type: MessageType, make: () => V): V {
  let value = map.get(type);
  if (!value) {
    value = make();
    map.set(type, value);
  }
  return value;
}

/** Whether Polypilot speaks a message of this ROS 2 name. */
export function isMessageType(name: string): name is MessageType {
  return Object.hasOwn(messageSchemas, name);
}

/** Lays messages of one type down as CDR where they are wanted, without memory of their own: see `MessageEncoder`. */
export function encoderOf<K extends MessageType>(type: K): MessageEncoder<MessageTypes[K]> {
  return cached(encoders, type, () => messageEncoder(parse(messageSchemas[type], { ros2: true })));
}

/** Encodes a message as CDR (little endian, with the four-byte encapsulation header). */
export function encodeMessage<K extends MessageType>(type: K, message: MessageTypes[K]): Uint8Array {
  const encoder = encoderOf(type);
  const bytes = new Uint8Array(encoder.byteLength(message));
  encoder.encodeInto(message, bytes, 0);
  return bytes;
}

/**
 * Decodes CDR bytes. Arrays of numbers are views into `data` where alignment allows.
 *
 * @throws PolypilotError `CORE_MESSAGE` if the bytes are not such a message.
 */
export function decodeMessage<K extends MessageType>(type: K, data: Uint8Array): MessageTypes[K] {
  try {
    return cached(readers, type, () => new MessageReader(parse(messageSchemas[type], { ros2: true }))).readMessage(
      data,
    );
  } catch (cause) {
    throw new PolypilotError(
      "CORE_MESSAGE",
      ["core", "codec"],
      {
        expected: `${data.length} bytes of CDR hold a ${type}`,
        found: cause instanceof Error ? cause.message : String(cause),
        todo: "Check the topic's type, or whether the recording was cut short",
      },
      { cause },
    );
  }
}

/** The message's own stamp: header.stamp, or clock for rosgraph_msgs/Clock; undefined for a message without one. */
export function stampOf(message: object): Nanoseconds | undefined {
  const { header, clock } = message as { header?: Header; clock?: Header["stamp"] };
  const stamp = header?.stamp ?? clock;
  return stamp ? fromRosTime(stamp) : undefined;
}
