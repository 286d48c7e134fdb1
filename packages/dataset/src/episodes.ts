import { type EpisodeEvent, EpisodeEventConstants, type Nanoseconds } from "@polypilot/core";

/** Topic and type of the messages that delimit episodes. */
export const episodeTopic = "/episode/events";
export const episodeType = "polypilot_msgs/msg/EpisodeEvent";

/** One stretch of a recording that belongs together. */
export interface RecordedEpisode {
  readonly id: string;
  readonly task: string;
  readonly outcome: string;
  readonly reason: string;
  readonly startNs: Nanoseconds;
  readonly endNs: Nanoseconds;
  readonly discarded: boolean;
  /** How often a person or a rule intervened. */
  readonly interventions: number;
  /** False if the recording ended, or the next episode started, before its stop. */
  readonly stopped: boolean;
}

type Open = { -readonly [K in keyof RecordedEpisode]: RecordedEpisode[K] };

/** Follows the episodes of one recording. */
export interface EpisodeTracker {
  /** Tells that a message was recorded at that time. */
  see(logTimeNs: Nanoseconds): void;
  event(event: EpisodeEvent, logTimeNs: Nanoseconds): void;
  /** The episode to which what comes next belongs. */
  readonly current: RecordedEpisode | undefined;
  /** All so far. The same objects as `current`; they change until the recording has ended. */
  readonly episodes: readonly RecordedEpisode[];
}

/**
 * Episodes from the events of one recording, in file order.
 *
 * START begins an episode and STOP ends it; the end of the file or another START ends it too. DISCARD marks the episode of its
 * id, open or ended, as one to leave out. A recording without a START is one episode.
 *
 * @param name - id of the one episode of a recording without events.
 */
export function episodeTracker(name: string): EpisodeTracker {
  let episodes: Open[] = [];
  let current: Open | undefined;
  let started = false;

  const begin = (id: string, task: string, atNs: Nanoseconds) => {
    current = {
      id,
      task,
      outcome: "",
      reason: "",
      startNs: atNs,
      endNs: atNs,
      discarded: false,
      interventions: 0,
      stopped: false,
    };
    episodes.push(current);
  };
  const named = (id: string) => (id === "" ? (current ?? episodes.at(-1)) : episodes.findLast((e) => e.id === id));
  const end = (episode: Open, event: EpisodeEvent, atNs: Nanoseconds) => {
    episode.stopped = true;
    episode.outcome = event.outcome || episode.outcome;
    episode.reason = event.reason || episode.reason;
    if (episode !== current) return;
    episode.endNs = atNs;
    current = undefined;
  };
  return {
    see(logTimeNs) {
      if (!started && !current) begin(name, "", logTimeNs);
      if (current && logTimeNs > current.endNs) current.endNs = logTimeNs;
    },
    event(event, atNs) {
      if (event.event === EpisodeEventConstants.START) {
        if (!started) episodes = [];
        started = true;
        begin(event.episode_id, event.task, atNs);
        return;
      }
      const episode = started ? named(event.episode_id) : undefined;
      if (!episode) return;
      if (event.event === EpisodeEventConstants.INTERVENTION) episode.interventions += 1;
      if (event.event === EpisodeEventConstants.STOP && episode === current) end(episode, event, atNs);
      if (event.event === EpisodeEventConstants.DISCARD) {
        episode.discarded = true;
        end(episode, event, atNs);
      }
    },
    get current() {
      return current;
    },
    get episodes() {
      return episodes;
    },
  };
}
