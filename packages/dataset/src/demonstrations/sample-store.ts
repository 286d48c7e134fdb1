import {
  type Contract,
  type Feature,
  type FeatureData,
  type HeadContract,
  msToNs,
  type Nanoseconds,
} from "@polypilot/core";
import { featureSpec, labelSpec } from "@polypilot/sensors";
import type { RecordedEpisode } from "../episodes.js";
import { type Column, column } from "./column.js";
import type { DemonstrationEpisode, SampleTable } from "./demonstrations.js";
import { type LabelTrack, labelTrack } from "./label-track.js";

/** Samples as they come in, episode by episode. */
export interface SampleStore {
  /** The next synchronised set of the episode at hand. */
  addSet(stampNs: Nanoseconds, features: Readonly<Record<string, { readonly value: Feature }>>): void;
  addLabel(head: string, stampNs: Nanoseconds, data: FeatureData): void;
  /** Ends the episode at hand and keeps its samples, unless there are none. */
  keep(episode: RecordedEpisode, id: string, source: string): void;
  /** Forgets what came in since the last episode was kept. */
  drop(): void;
  /** Forgets an episode that was kept. */
  remove(id: string): void;
  readonly size: number;
  readonly episodes: readonly DemonstrationEpisode[];
  /** The samples of all episodes that were kept. */
  table(): { readonly table: SampleTable; readonly episodes: readonly DemonstrationEpisode[] };
}

type Labels = Record<string, { readonly column: Column; row: number[] }>;

/**
 * @param stride - keep every stride-th set of an episode, counted from its first. Labels `ahead` still count every set.
 */
export function sampleStore(contract: Contract, stride: number): SampleStore {
  const features: Record<string, Column> = {};
  for (const [name, { feature }] of Object.entries(contract.streams))
    if (feature) features[name] = column(featureSpec(feature));
  const tracks: Record<string, LabelTrack> = {};
  const labels: Labels = {};
  const aheads: Record<string, number> = {};
  for (const [name, head] of Object.entries(contract.heads)) {
    labels[name] = { column: labelColumn(contract, features, name, head), row: [] };
    if ("stream" in head.label) aheads[name] = head.label.ahead;
    else tracks[name] = labelTrack(msToNs(head.label.tolerance_ms));
  }
  const offsets = [0, ...Object.values(aheads)];
  const wanted = (set: number) => offsets.some((ahead) => set >= ahead && (set - ahead) % stride === 0);

  let stampNs: Nanoseconds[] = [];
  let featureRow: number[] = [];
  let episodes: DemonstrationEpisode[] = [];
  let stamps: Nanoseconds[] = []; // of the episode at hand, one a set
  let rows: number[] = []; // of the episode at hand, one a set; −1 where the set is not stored
  let keptRows = 0;

  const reset = () => {
    stamps = [];
    rows = [];
    for (const track of Object.values(tracks)) track.clear();
  };
  return {
    addSet(atNs, set) {
      let row = -1;
      if (wanted(stamps.length))
        for (const [name, to] of Object.entries(features)) row = to.push(set[name]!.value.data);
      stamps.push(atNs);
      rows.push(row);
    },
    addLabel(head, atNs, data) {
      tracks[head]?.add(atNs, data);
    },
    keep(episode, id, source) {
      const sets = [...stamps.keys()].filter((set) => set % stride === 0);
      const first = stampNs.length;
      for (const set of sets) {
        stampNs.push(stamps[set]!);
        featureRow.push(rows[set]!);
      }
      const at = sets.map((set) => stamps[set]!);
      for (const [head, entry] of Object.entries(labels)) {
        const ahead = aheads[head];
        const found =
          ahead === undefined ? tracks[head]!.attach(at, entry.column) : sets.map((set) => rows[set + ahead] ?? -1);
        entry.row = entry.row.concat(found);
      }
      const { task, outcome, startNs, endNs } = episode;
      if (sets.length > 0)
        episodes.push({ id, task, outcome, start: startNs, end: endNs, source, first, count: sets.length });
      keptRows = Object.values(features)[0]!.length;
      reset();
    },
    drop() {
      for (const to of Object.values(features)) to.truncate(keptRows);
      reset();
    },
    remove(id) {
      episodes = episodes.filter((episode) => episode.id !== id);
    },
    get size() {
      return stampNs.length;
    },
    get episodes() {
      return episodes;
    },
    table() {
      const kept = episodes.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
      stampNs = kept.map((index) => stampNs[index]!);
      featureRow = kept.map((index) => featureRow[index]!);
      for (const entry of Object.values(labels)) entry.row = kept.map((index) => entry.row[index]!);
      let first = 0;
      episodes = episodes.map((episode) => {
        first += episode.count;
        return { ...episode, first: first - episode.count };
      });
      return { table: { stampNs, featureRow, features, labels }, episodes };
    },
  };
}

/** Labels that are a stream's feature lie in that stream's own column. */
function labelColumn(contract: Contract, features: Record<string, Column>, name: string, head: HeadContract): Column {
  return "stream" in head.label ? features[head.label.stream]! : column(labelSpec(contract, name));
}
