import { basename } from "node:path";
import type { EpisodeEvent, Nanoseconds } from "@polypilot/core";
import { episodeTracker, episodeType, type RecordedEpisode } from "./episodes.js";
import { type RecordedMessage, type Recording, readRecording } from "./mcap/read-recording.js";

/** One topic of a recording. */
export interface TopicSummary {
  readonly topic: string;
  readonly type: string;
  readonly encoding: string;
  readonly count: number;
  readonly bytes: number;
  /** Messages per second between the first and the last; 0 with fewer than two. */
  readonly rateHz: number;
  /** Largest time without a message between the first and the last. */
  readonly largestGapNs: Nanoseconds;
  readonly startNs: Nanoseconds;
  readonly endNs: Nanoseconds;
}

/** What is in a recording. */
export interface RecordingSummary {
  readonly path: string;
  readonly sizeBytes: number;
  /** True if the file is whole to its last byte. */
  readonly complete: boolean;
  /** Where and how it breaks off, if it does. */
  readonly truncation: string | undefined;
  readonly corruptChunks: number;
  readonly corruptRecords: number;
  readonly profile: string;
  readonly library: string;
  readonly messages: number;
  readonly startNs: Nanoseconds;
  readonly endNs: Nanoseconds;
  readonly topics: readonly TopicSummary[];
  readonly episodes: readonly RecordedEpisode[];
  /** Text of the embedded contract, if there is one. */
  readonly contractText: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

type Counting = { -readonly [K in keyof TopicSummary]: TopicSummary[K] };

export interface SummariseOptions {
  /** Hears at each further hundredth of the file, and at its end, which part has been read, 0…1. What it throws ends the reading. */
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Topics, types, counts, rates, gaps, episodes and the embedded contract of a recording, from one pass over it.
 *
 * @throws PolypilotError `DATASET_FILE` if there is no such file or it is no MCAP.
 */
export async function summariseRecording(
  path: string,
  { onProgress }: SummariseOptions = {},
): Promise<RecordingSummary> {
  const recording = readRecording(path);
  const topics = new Map<string, Counting>();
  const episodes = episodeTracker(basename(path).replace(/\.mcap$/, ""));
  let messages = 0;
  let startNs: Nanoseconds | undefined;
  let endNs = 0n;
  let told = 0;
  for await (const message of recording) {
    const read = recording.report.position / recording.report.size;
    if (read - told >= 0.01) {
      told = read;
      onProgress?.(read);
    }
    const at = message.logTimeNs;
    messages += 1;
    if (startNs === undefined || at < startNs) startNs = at;
    if (at > endNs) endNs = at;
    countMessage(topics, message);
    episodes.see(at);
    if (message.type === episodeType) episodes.event(message.message as EpisodeEvent, at);
  }
  onProgress?.(1);
  return {
    path,
    ...fileFacts(recording),
    messages,
    startNs: startNs ?? 0n,
    endNs,
    topics: [...topics.values()].map(withRate).sort((a, b) => (a.topic < b.topic ? -1 : 1)),
    episodes: episodes.episodes,
  };
}

function countMessage(topics: Map<string, Counting>, message: RecordedMessage): void {
  const { topic, type, encoding, logTimeNs, data } = message;
  let entry = topics.get(topic);
  if (!entry) {
    const times = { startNs: logTimeNs, endNs: logTimeNs, largestGapNs: 0n };
    entry = { topic, type, encoding, count: 0, bytes: 0, rateHz: 0, ...times };
    topics.set(topic, entry);
  }
  entry.count += 1;
  entry.bytes += data.length;
  if (logTimeNs - entry.endNs > entry.largestGapNs) entry.largestGapNs = logTimeNs - entry.endNs;
  if (logTimeNs > entry.endNs) entry.endNs = logTimeNs;
}

function withRate(topic: Counting): TopicSummary {
  const seconds = Number(topic.endNs - topic.startNs) / 1e9;
  return { ...topic, rateHz: seconds > 0 ? (topic.count - 1) / seconds : 0 };
}

function fileFacts({ report }: Recording) {
  const contract = report.attachments.find(({ name }) => name === "robot.yaml");
  const ours = report.metadata.find(({ name }) => name === "polypilot");
  return {
    sizeBytes: report.size,
    complete: report.complete,
    truncation: report.truncation,
    corruptChunks: report.corruptChunks,
    corruptRecords: report.corruptRecords,
    profile: report.profile,
    library: report.library,
    contractText: contract ? new TextDecoder().decode(contract.data) : undefined,
    metadata: Object.fromEntries(ours?.metadata ?? []),
  };
}
