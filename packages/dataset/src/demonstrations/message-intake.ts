import { type Contract, type Feature, PolypilotError, stampOf } from "@polypilot/core";
import { decodeFeature, decodeLabel, type FeatureResult } from "@polypilot/sensors";
import { alignmentOf, interpolateFeature, type Synchroniser, synchroniser } from "@polypilot/streams";
import type { RecordedMessage } from "../mcap/read-recording.js";
import type { SampleStore } from "./sample-store.js";

/** Counts something that was not used. */
export type Count = (name: string, reason: string) => void;

/** The message, or undefined if its bytes are not one. */
export function decoded(message: RecordedMessage): object | undefined {
  try {
    return message.message;
  } catch (cause) {
    if (cause instanceof PolypilotError && cause.code === "CORE_MESSAGE") return undefined;
    throw cause;
  }
}

/**
 * What becomes of one message: the reason for which a stream refused it, for the check whether the recording fits.
 *
 * @param features - what was made of it already, by stream.
 */
export type Intake = (
  message: RecordedMessage,
  features: Readonly<Record<string, FeatureResult>>,
) => Readonly<Record<string, string>>;

/**
 * From messages in file order to sets and labels in the store, by the contract's features and synchroniser.
 *
 * @param inEpisode - whether what comes next belongs to an episode; the synchroniser runs on regardless, as it does when driving.
 */
export function messageIntake(contract: Contract, store: SampleStore, count: Count, inEpisode: () => boolean): Intake {
  const align: Synchroniser<Feature> = synchroniser({
    ...alignmentOf(contract),
    interpolate: interpolateFeature,
    onDrop: (stream, reason) => {
      if (reason !== "superseded") count(stream, reason);
    },
  });
  const streams = Object.entries(contract.streams).filter(([, stream]) => stream.feature);
  const heads = Object.entries(contract.heads);
  const fits = (message: RecordedMessage, { topic, type }: { readonly topic: string; readonly type: string }) =>
    message.topic === topic && message.type === type;

  return (recorded, features) => {
    const ofStreams = streams.filter(([, stream]) => fits(recorded, stream));
    const ofHeads = heads.filter(([, { label }]) => "topic" in label && fits(recorded, label));
    if (ofStreams.length + ofHeads.length === 0) return {};
    const message = decoded(recorded);
    const refused: Record<string, string> = {};
    if (!message) {
      for (const [name] of [...ofStreams, ...ofHeads]) count(name, "undecodable");
      return refused;
    }
    const stampNs = stampOf(message) ?? recorded.logTimeNs;
    for (const [head] of inEpisode() ? ofHeads : []) {
      const result = decodeLabel(contract, head, message);
      if (result.ok) store.addLabel(head, stampNs, result.feature.data);
      else count(head, result.reason);
    }
    for (const [name, stream] of ofStreams) {
      const result = features[name] ?? decodeFeature(stream, message);
      if (!result.ok) {
        count(name, result.reason);
        refused[name] = result.reason;
        continue;
      }
      for (const [reason, n] of Object.entries(result.warnings ?? {}))
        for (let i = 0; i < n; i += 1) count(name, reason);
      const sample = { stream: name, stampNs, receivedNs: recorded.logTimeNs, value: result.feature };
      for (const set of align.add(sample)) {
        if (inEpisode()) store.addSet(set.stampNs, set.samples);
        else count(contract.reference, "outside_episode");
      }
    }
    return refused;
  };
}
