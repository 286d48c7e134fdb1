import { basename } from "node:path";
import { type Contract, type EpisodeEvent, PolypilotError } from "@polypilot/core";
import { type EpisodeTracker, episodeTracker, episodeType, type RecordedEpisode } from "../episodes.js";
import { type RecordedMessage, type Recording, readRecording } from "../mcap/read-recording.js";
import { type DecodeAhead, decodeAhead } from "./decode-ahead.js";
import { type Demonstrations, sampleAccess } from "./demonstrations.js";
import { fitChecker } from "./fit.js";
import { type Count, decoded, messageIntake } from "./message-intake.js";
import { type SampleStore, sampleStore } from "./sample-store.js";

export interface LoadProgress {
  readonly path: string;
  /** Number of this recording, from 0, and of all. */
  readonly index: number;
  readonly of: number;
  /** Part of this recording that has been read, 0…1. */
  readonly fraction: number;
  readonly samples: number;
}

export interface LoadOptions {
  readonly paths: readonly string[];
  readonly contract: Contract;
  /** Keep every stride-th sample; 1 by default. */
  readonly stride?: number;
  /** Accept heads for which no recording has a label: true for all, or their names. */
  readonly allowMissing?: boolean | readonly string[];
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Threads that decode images; by default one for each processor where there is enough to decode. They change no sample. */
  readonly threads?: number;
}

/**
 * Samples for learning from recordings, made by the very code that makes them when driving.
 *
 * Each recording's messages go in file order through the contract's features and the synchroniser; each set within an episode is
 * a sample. A label is the one nearest in stamp within the head's tolerance; a label `ahead` is what the stream's feature was
 * that many samples later in the same episode. Discarded episodes are left out. What cannot be used is counted.
 *
 * @throws PolypilotError `DATASET_FILE` if a path is no recording; `DATASET_FIT` if a recording does not fit the contract, with
 * each topic, type or image size that was expected and what was found; `DATASET_LABELS` if a head has no label in any of them;
 * `DATASET_EMPTY` if there is no sample.
 */
export async function loadDemonstrations(options: LoadOptions): Promise<Demonstrations> {
  const { contract, paths } = options;
  const drops: Record<string, number> = {};
  const count: Count = (name, reason) => {
    const key = `${name}: ${reason}`;
    drops[key] = (drops[key] ?? 0) + 1;
  };
  const store = sampleStore(contract, checkedStride(options.stride ?? 1));
  const damage: string[] = [];
  let discardedEpisodes = 0;
  const ahead = decodeAhead(contract, options.threads);
  try {
    for (const [index, path] of paths.entries()) {
      const recording = readRecording(path);
      const tell = (fraction: number) =>
        options.onProgress?.({ path, index, of: paths.length, fraction, samples: store.size });
      discardedEpisodes += await loadRecording(recording, ahead, contract, store, count, tell);
      damage.push(...damageOf(recording));
      tell(1);
    }
  } finally {
    await ahead.close();
  }
  return finish(options, store, drops, damage, discardedEpisodes);
}

function checkedStride(stride: number): number {
  if (Number.isInteger(stride) && stride >= 1) return stride;
  throw loadError("DATASET_USE", "stride is a whole number of at least 1", String(stride), "Correct it");
}

function loadError(code: string, expected: string, found: string, todo: string): PolypilotError {
  return new PolypilotError(code, ["dataset", "loadDemonstrations"], { expected, found, todo });
}

function finish(
  { contract, allowMissing, paths }: LoadOptions,
  store: SampleStore,
  drops: Record<string, number>,
  damage: readonly string[],
  discardedEpisodes: number,
): Demonstrations {
  const { table, episodes } = store.table();
  const size = table.stampNs.length;
  if (size === 0) {
    const why = Object.entries(drops).map(([key, n]) => `${key} ${n}×`);
    const found = `none; ${[`${discardedEpisodes} discarded episodes`, ...why].join(", ")}`;
    throw loadError("DATASET_EMPTY", `${paths.join(", ")} hold samples`, found, "Record again or widen the tolerances");
  }
  const labelled = Object.fromEntries(
    Object.entries(table.labels).map(([head, { row }]) => [head, row.reduce((n, at) => n + (at >= 0 ? 1 : 0), 0)]),
  );
  const allowed = (head: string) =>
    allowMissing === true || (Array.isArray(allowMissing) && allowMissing.includes(head));
  const missing = Object.keys(labelled).filter((head) => labelled[head] === 0 && !allowed(head));
  if (missing.length > 0) throw missingLabels(contract, missing, drops);
  const specs = (columns: Record<string, { spec: Demonstrations["featureSpecs"][string] }>) =>
    Object.fromEntries(Object.entries(columns).map(([name, { spec }]) => [name, spec]));
  return {
    contract,
    episodes,
    size,
    ...sampleAccess(table, episodes),
    featureSpecs: specs(table.features),
    labelSpecs: specs(Object.fromEntries(Object.entries(table.labels).map(([head, { column }]) => [head, column]))),
    drops,
    labelled,
    discardedEpisodes,
    damage,
  };
}

function missingLabels(contract: Contract, heads: readonly string[], drops: Record<string, number>): PolypilotError {
  const sources = heads.map((head) => {
    const { label } = contract.heads[head]!;
    if ("head" in label) return `${head} (bins of ${label.head})`;
    return "stream" in label ? `${head} (${label.ahead} samples ahead of ${label.stream})` : `${head} (${label.topic})`;
  });
  const counted = Object.entries(drops).filter(([key]) => heads.some((head) => key.startsWith(`${head}: `)));
  const found = counted.length > 0 ? counted.map(([key, n]) => `${key} ${n}×`).join(", ") : "none within tolerance";
  return loadError(
    "DATASET_LABELS",
    `some sample has a label for ${sources.join(", ")}`,
    found,
    "Record those topics, correct the contract, or allow missing labels",
  );
}

function damageOf({ path, report }: Recording): string[] {
  const parts = [
    report.truncation,
    report.corruptChunks > 0 ? `${report.corruptChunks} corrupt chunks` : undefined,
    report.corruptRecords > 0 ? `${report.corruptRecords} corrupt records` : undefined,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? [`${path}: ${parts.join(", ")}`] : [];
}

/** Reads one recording into the store; returns how many episodes were discarded. */
async function loadRecording(
  recording: Recording,
  ahead: DecodeAhead,
  contract: Contract,
  store: SampleStore,
  count: Count,
  tell: (fraction: number) => void,
): Promise<number> {
  const name = basename(recording.path).replace(/\.mcap$/, "");
  const episodes = episodeTracker(name);
  const intake = messageIntake(contract, store, count, () => episodes.current !== undefined);
  const fit = fitChecker(contract, recording.path);
  const ids = new Map<RecordedEpisode, string>();
  let open: RecordedEpisode | undefined;
  let told = 0;

  const close = () => {
    if (!open) return;
    if (open.discarded || !episodes.episodes.includes(open)) store.drop();
    else {
      const id = uniqueId(store, name, open.id);
      ids.set(open, id);
      store.keep(open, id, recording.path);
    }
    open = undefined;
  };
  for await (const { message, features } of ahead.messages(recording)) {
    follow(episodes, message, count);
    if (episodes.current !== open) {
      close();
      open = episodes.current;
    }
    fit.see(message, intake(message, features));
    const fraction = recording.report.position / recording.report.size;
    if (fraction - told >= 0.01) {
      told = fraction;
      tell(fraction);
    }
  }
  close();
  fit.check();
  for (const [episode, id] of ids) if (episode.discarded) store.remove(id);
  return episodes.episodes.filter((episode) => episode.discarded).length;
}

function follow(episodes: EpisodeTracker, message: RecordedMessage, count: Count): void {
  episodes.see(message.logTimeNs);
  if (message.type !== episodeType) return;
  const event = decoded(message) as EpisodeEvent | undefined;
  if (event) episodes.event(event, message.logTimeNs);
  else count("episode events", "undecodable");
}

function uniqueId(store: SampleStore, file: string, id: string): string {
  const taken = (candidate: string) => store.episodes.some((episode) => episode.id === candidate);
  const names = [id, `${file}/${id}`];
  for (let n = 2; ; n += 1) {
    const name = names.find((candidate) => candidate !== "" && !taken(candidate));
    if (name) return name;
    names.push(`${file}/${id}#${n}`);
  }
}
