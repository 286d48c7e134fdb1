import { type FileHandle, open, readdir } from "node:fs/promises";
import { MCAP_MAGIC, type McapTypes } from "@mcap/core";
import {
  decodeMessage,
  isMessageType,
  type MessageType,
  type MessageTypes,
  type Nanoseconds,
  PolypilotError,
} from "@polypilot/core";
import { byteSource } from "./byte-source.js";
import { newScanState, type ScanState, scan } from "./scan.js";

/** One message of a recording, decoded when it is asked for. */
export interface RecordedMessage {
  readonly topic: string;
  /** The schema's name, for example sensor_msgs/msg/Image; empty where the file gives none. */
  readonly type: string;
  /** How `data` is encoded: cdr, json, … */
  readonly encoding: string;
  readonly data: Uint8Array;
  readonly logTimeNs: Nanoseconds;
  readonly publishTimeNs: Nanoseconds;
  readonly sequence: number;
  /** The message as an object if it is CDR of a type that Polypilot speaks; undefined otherwise. */
  readonly message: MessageTypes[MessageType] | undefined;
}

/** What a recording turned out to be; complete once it has been read to its end. */
export type ReadReport = Readonly<
  Pick<
    ScanState,
    | "profile"
    | "library"
    | "size"
    | "position"
    | "chunks"
    | "corruptChunks"
    | "corruptRecords"
    | "complete"
    | "truncation"
    | "attachments"
  >
> & {
  readonly metadata: readonly McapTypes.Metadata[];
  readonly unknownCompressions: ReadonlySet<string>;
  readonly channels: ReadonlyMap<number, McapTypes.Channel>;
  readonly schemas: ReadonlyMap<number, McapTypes.Schema>;
};

/** A recording's messages in file order, and what was noticed on the way. */
export interface Recording extends AsyncIterable<RecordedMessage> {
  readonly path: string;
  /** Filled as the messages are read. */
  readonly report: ReadReport;
}

/**
 * The messages of an MCAP file, in the file's order, with bounded memory.
 *
 * Files of any writer are read, indexed or not, and files that were cut anywhere: every complete chunk's messages come out, and
 * `report` says where the file breaks off. Messages of unknown types come with their raw bytes.
 *
 * @throws PolypilotError `DATASET_FILE` on the first message if there is no such file or it is no MCAP.
 */
export function readRecording(path: string): Recording {
  const state = newScanState();
  return {
    path,
    report: state,
    async *[Symbol.asyncIterator]() {
      Object.assign(state, newScanState());
      const { file, size } = await openMcap(path);
      try {
        for await (const messages of scan(byteSource(file, size), state)) {
          for (const message of messages) yield recorded(message, state);
        }
      } finally {
        await file.close();
      }
      const [unknown] = state.unknownCompressions;
      if (unknown !== undefined) {
        throw fileError(path, "chunks are compressed with zstd or not at all", `the compression ${unknown}`, {
          todo: `Convert it: mcap compress ${path} -o OUT.mcap`,
        });
      }
    },
  };
}

class Recorded implements RecordedMessage {
  #message: MessageTypes[MessageType] | undefined;
  constructor(
    readonly topic: string,
    readonly type: string,
    readonly encoding: string,
    private readonly source: McapTypes.Message,
  ) {}
  get data() {
    return this.source.data;
  }
  get logTimeNs() {
    return this.source.logTime;
  }
  get publishTimeNs() {
    return this.source.publishTime;
  }
  get sequence() {
    return this.source.sequence;
  }
  get message() {
    if (!this.#message && this.encoding === "cdr" && isMessageType(this.type))
      this.#message = decodeMessage(this.type, this.data);
    return this.#message;
  }
}

function recorded(message: McapTypes.Message, state: ScanState): RecordedMessage {
  const channel = state.channels.get(message.channelId)!;
  const name = state.schemas.get(channel.schemaId)?.name ?? "";
  const type = name.replace(/^([^/]+)\/([^/]+)$/, "$1/msg/$2"); // some writers leave out the middle part
  return new Recorded(channel.topic, type, channel.messageEncoding, message);
}

/** Opens `path` and checks that it begins as an MCAP file does. */
async function openMcap(path: string): Promise<{ file: FileHandle; size: number }> {
  const expected = `${path} is an MCAP recording`;
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    throw fileError(path, expected, code === "ENOENT" ? "no such file" : `${code}`, { cause, todo: "Check the path" });
  }
  try {
    const info = await file.stat();
    if (info.isDirectory()) throw await folderError(path, expected);
    const head = Buffer.alloc(16);
    const { bytesRead } = await file.read(head, 0, 16, 0);
    if (bytesRead === 0) throw fileError(path, expected, "an empty file", { todo: "Record again" });
    if (!MCAP_MAGIC.every((byte, index) => head[index] === byte)) throw notMcap(path, expected, head);
    return { file, size: info.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function notMcap(path: string, expected: string, head: Buffer): PolypilotError {
  if (head.toString("latin1").startsWith("SQLite format 3"))
    return fileError(path, expected, "an SQLite database, rosbag2's other format", {
      todo: "Convert it: ros2 bag convert",
    });
  return fileError(path, expected, `a file that begins with ${JSON.stringify(head.toString("latin1", 0, 8))}`, {
    todo: "Give the path of an .mcap file",
  });
}

async function folderError(path: string, expected: string): Promise<PolypilotError> {
  const inside = (await readdir(path)).filter((name) => name.endsWith(".mcap")).sort();
  const todo = inside.length > 0 ? `Give a file in it: ${inside.join(", ")}` : "Give the path of an .mcap file";
  return fileError(path, expected, "a folder", { todo });
}

function fileError(
  path: string,
  expected: string,
  found: string,
  more: { readonly todo: string; readonly cause?: unknown },
): PolypilotError {
  return new PolypilotError(
    "DATASET_FILE",
    ["dataset", `recording ${path}`],
    { expected, found, todo: more.todo },
    more.cause === undefined ? undefined : { cause: more.cause },
  );
}
