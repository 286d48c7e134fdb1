import { type Nanoseconds, nsToSec } from "@polypilot/core";
import { episodeType, type RecordedEpisode, type RecordingSummary, type TopicSummary } from "@polypilot/dataset";
import { table } from "../table.js";
import { bytes, duration, plural, readable } from "../units.js";

const SHOWN_EPISODES = 20;
/** A silence of more than so many periods is worth a word. */
const GAP_PERIODS = 5;

const between = (startNs: Nanoseconds, endNs: Nanoseconds) => nsToSec(endNs - startNs);

function gap(topic: TopicSummary): string {
  const sec = nsToSec(topic.largestGapNs);
  return topic.count > 10 && sec * topic.rateHz > GAP_PERIODS ? `silent for up to ${duration(sec)}` : "";
}

function episodeRow(episode: RecordedEpisode): (string | number)[] {
  const ended = episode.discarded ? "discarded" : episode.stopped ? episode.outcome || "ended" : "did not end";
  const interventions = episode.interventions > 0 ? plural(episode.interventions, "intervention") : "";
  const reason = episode.reason ? `(${episode.reason})` : "";
  return [episode.id, duration(between(episode.startNs, episode.endNs)), ended, reason, episode.task, interventions];
}

function wholeness(summary: RecordingSummary): string {
  const damage = [
    summary.corruptChunks > 0 ? plural(summary.corruptChunks, "damaged chunk") : "",
    summary.corruptRecords > 0 ? plural(summary.corruptRecords, "unreadable record") : "",
  ].filter(Boolean);
  const end = summary.complete
    ? "The file is whole"
    : `The file was cut short (${summary.truncation ?? "its end is missing"}); all that is listed here is readable`;
  return `${end}${damage.length > 0 ? `; ${damage.join(" and ")} left out` : ""}.`;
}

/** A recording in words. */
export function recordingText(summary: RecordingSummary): string {
  const { topics, episodes, metadata } = summary;
  const rows = topics.map((topic) => [
    topic.topic,
    topic.type,
    topic.count,
    `${readable(topic.rateHz)} Hz`,
    gap(topic),
  ]);
  const written = [summary.profile && `profile ${summary.profile}`, summary.library].filter(Boolean).join(", ");
  const facts = Object.entries(metadata).map(([key, value]) => [key, value]);
  const more = episodes.length - SHOWN_EPISODES;
  return [
    `${summary.path} is a recording of ${duration(between(summary.startNs, summary.endNs))}: ${plural(summary.messages, "message")} on ${plural(topics.length, "topic")}, ${bytes(summary.sizeBytes)}${written ? ` (${written})` : ""}.`,
    wholeness(summary),
    "",
    "Topics",
    table(rows),
    "",
    ...(topics.some((topic) => topic.type === episodeType)
      ? [`Episodes: ${episodes.length}`, table(episodes.slice(0, SHOWN_EPISODES).map(episodeRow))]
      : ["No episodes are marked in it: all of it counts as one."]),
    ...(more > 0 ? [`  … and ${more} more (--json lists all)`] : []),
    "",
    summary.contractText
      ? `It carries its contract${metadata.contract ? ` (${metadata.contract})` : ""}; polypilot inspect shows one in words.`
      : "It carries no contract.",
    ...(facts.length > 0 ? ["", "Notes in the file", table(facts)] : []),
  ].join("\n");
}
