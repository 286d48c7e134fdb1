import type { Contract, FeatureData, FeatureSpec, Nanoseconds, Sample } from "@polypilot/core";
import type { Column } from "./column.js";

/** One episode's samples: those from `first` to `first + count − 1`. */
export interface DemonstrationEpisode {
  /** Unique among the demonstrations. */
  readonly id: string;
  readonly task: string;
  readonly outcome: string;
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  /** Path of the recording. */
  readonly source: string;
  readonly first: number;
  readonly count: number;
}

/** Recorded driving, decoded and aligned as it is when driving. */
export interface Demonstrations {
  readonly contract: Contract;
  readonly episodes: readonly DemonstrationEpisode[];
  /** Number of samples. */
  readonly size: number;
  readonly sample: (index: number) => Sample;
  readonly featureSpecs: Readonly<Record<string, FeatureSpec>>;
  readonly labelSpecs: Readonly<Record<string, FeatureSpec>>;
  /** A sample's feature; a view, not a copy. */
  readonly feature: (stream: string, index: number) => FeatureData;
  /** A sample's label, or undefined where it is missing; a view, not a copy. */
  readonly label: (head: string, index: number) => FeatureData | undefined;
  /** How many messages and sets were not used, by `stream: reason`, and labels by `head: reason`. */
  readonly drops: Readonly<Record<string, number>>;
  /** Number of samples that have each head's label. */
  readonly labelled: Readonly<Record<string, number>>;
  readonly discardedEpisodes: number;
  /** Recordings that break off or have corrupt parts, in words. */
  readonly damage: readonly string[];
}

/** Where each sample's numbers lie. */
export interface SampleTable {
  readonly stampNs: readonly Nanoseconds[];
  /** Row in every feature column. */
  readonly featureRow: readonly number[];
  readonly features: Readonly<Record<string, Column>>;
  /** By head: the column that holds its labels, and each sample's row in it or −1. */
  readonly labels: Readonly<Record<string, { readonly column: Column; readonly row: readonly number[] }>>;
}

/** Access by number of sample to what a table holds. */
export function sampleAccess(table: SampleTable, episodes: readonly DemonstrationEpisode[]) {
  const episodeOf = (index: number) => {
    let low = 0;
    let high = episodes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (episodes[middle]!.first <= index) low = middle;
      else high = middle - 1;
    }
    return episodes[low]!;
  };
  const feature = (stream: string, index: number) => table.features[stream]!.row(table.featureRow[index]!);
  const label = (head: string, index: number) => {
    const { column, row } = table.labels[head]!;
    const at = row[index]!;
    return at < 0 ? undefined : column.row(at);
  };
  const streams = Object.keys(table.features);
  const heads = Object.keys(table.labels);
  const sample = (index: number): Sample => {
    if (!(index >= 0 && index < table.stampNs.length))
      throw new RangeError(`sample ${index} of ${table.stampNs.length}`);
    const labels: Record<string, FeatureData> = {};
    for (const head of heads) {
      const value = label(head, index);
      if (value) labels[head] = value;
    }
    return {
      stampNs: table.stampNs[index]!,
      episodeId: episodeOf(index).id,
      features: Object.fromEntries(streams.map((stream) => [stream, feature(stream, index)])),
      labels,
    };
  };
  return { feature, label, sample };
}
