import { parse } from "@foxglove/rosmsg";
import { MessageReader, MessageWriter } from "@foxglove/rosmsg2-serialization";
import { PolypilotError } from "../error.js";
import type { MessageType } from "../ports.js";
import { fromRosTime, type Nanoseconds } from "../time.js";
import { type Header, type MessageTypes, messageSchemas } from "./generated.js";

const readers = new Map<MessageType, MessageReader>();
const writers = new Map<MessageType, MessageWriter>();

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

/** Encodes a message as CDR (little endian, with the four-byte encapsulation header). */
export function encodeMessage<K extends MessageType>(type: K, message: MessageTypes[K]): Uint8Array {
  return cached(writers, type, () => new MessageWriter(parse(messageSchemas[type], { ros2: true }))).writeMessage(
    message,
  );
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
