import { availableParallelism } from "node:os";
import type { Contract, StreamContract } from "@polypilot/core";
import { apartStream, type FeatureResult, type FeatureThreads, featureThreads } from "@polypilot/sensors";
import type { RecordedMessage, Recording } from "../mcap/read-recording.js";
import { decoded } from "./message-intake.js";

/** A message with the features that were made of it beside the reading, by stream. */
export interface AheadMessage {
  readonly message: RecordedMessage;
  readonly features: Readonly<Record<string, FeatureResult>>;
}

/** Threads that decode what lies ahead of the message at hand. */
export interface DecodeAhead {
  /** A recording's messages, in its order; those whose decoding is much work come decoded. */
  messages(recording: Recording): AsyncIterable<AheadMessage>;
  close(): Promise<void>;
}

/** Most messages, and most of their bytes, between what has been read and what has been taken. */
const AHEAD_MESSAGES = 512;
const AHEAD_BYTES = 2 ** 26;

/** Bytes of images before which it is not worth to start a thread: about half a second of decoding JPEGs. */
const WORTH_BYTES = 2 ** 23;

/**
 * Decodes images (`apartStream`) in threads, some way ahead; what comes out is in the recording's order and does not depend on
 * the number of threads.
 *
 * @param threads - by default one for each processor, started once there is enough to decode; 0 for none.
 */
export function decodeAhead(contract: Contract, threads?: number): DecodeAhead {
  return new Ahead(contract, threads);
}

interface Entry {
  readonly message: RecordedMessage;
  readonly features: Promise<Readonly<Record<string, FeatureResult>>> | undefined;
}

const none: Readonly<Record<string, FeatureResult>> = {};

class Ahead implements DecodeAhead {
  private readonly streams: readonly (readonly [string, StreamContract])[];
  private threads: FeatureThreads | undefined;
  private met = 0;

  constructor(
    { streams }: Contract,
    private readonly wanted: number | undefined,
  ) {
    this.streams = Object.entries(streams).filter(([, stream]) => apartStream(stream));
  }

  async *messages(recording: Recording): AsyncGenerator<AheadMessage> {
    const queue: Entry[] = [];
    let bytes = 0;
    const first = async (): Promise<AheadMessage> => {
      const { message, features } = queue.shift()!;
      bytes -= message.data.length;
      return { message, features: features ? await features : none };
    };
    for await (const message of recording) {
      queue.push({ message, features: this.begin(message, recording.report.size) });
      bytes += message.data.length;
      while (queue.length > AHEAD_MESSAGES || bytes > AHEAD_BYTES) yield await first();
      while (queue[0] && !queue[0].features) yield await first();
    }
    while (queue.length > 0) yield await first();
  }

  async close(): Promise<void> {
    await this.threads?.close();
  }

  /** Lets threads decode a message for each stream that it belongs to, if it is worth it. */
  private begin(recorded: RecordedMessage, size: number): Entry["features"] {
    const streams = this.streams.filter(([, { topic, type }]) => recorded.topic === topic && recorded.type === type);
    if (streams.length === 0 || !this.worth(recorded.data.length, size)) return undefined;
    const message = decoded(recorded);
    if (!message) return undefined; // counted where it is taken
    const { threads } = this;
    return Promise.all(streams.map(async ([name]) => [name, await threads!.decode(name, message)] as const)).then(
      Object.fromEntries,
    );
  }

  private worth(bytes: number, size: number): boolean {
    const enough = this.met > WORTH_BYTES || size > 4 * WORTH_BYTES;
    const count = this.wanted ?? (enough ? availableParallelism() : 0);
    this.met += bytes;
    if (count > 0) this.threads ??= featureThreads({ streams: Object.fromEntries(this.streams), threads: count });
    return count > 0;
  }
}
