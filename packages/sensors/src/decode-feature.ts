import {
  type FeatureContract,
  type FeatureSpec,
  featureTypes,
  PolypilotError,
  type StreamContract,
} from "@polypilot/core";
import type { FeatureResult, RefusalReason } from "./feature-result.js";
import { sensorOf } from "./sensors.js";

const specs = new WeakMap<FeatureContract, FeatureSpec>();

/**
 * Shape, type, unit and range of the numbers that a feature of the contract has.
 *
 * The same contract object gives the same spec object.
 *
 * @throws PolypilotError `SENSORS_CROP`, `SENSORS_FIELD_OF_VIEW` if the feature's own parameters exclude each other.
 */
export function featureSpec(feature: FeatureContract): FeatureSpec {
  let spec = specs.get(feature);
  if (!spec) {
    spec = Object.freeze(sensorOf(feature).spec(feature));
    specs.set(feature, spec);
  }
  return spec;
}

/**
 * One message's feature, or the reason why it has none.
 *
 * Pure: the same message gives the same bytes, in training and when driving, and the message is left as it was. Data that cannot
 * be used are an answer, never an error.
 *
 * @param message - of the type that the stream's contract names.
 * @throws PolypilotError `SENSORS_CONTRACT` if the stream has no feature, or one that is not made from its message type.
 */
export function decodeFeature(stream: StreamContract, message: object): FeatureResult {
  const { feature } = stream;
  if (!feature || !(featureTypes[feature.kind] as readonly string[]).includes(stream.type)) {
    throw new PolypilotError("SENSORS_CONTRACT", ["sensors", "decodeFeature"], {
      expected: feature
        ? `a feature of kind ${feature.kind} comes from ${featureTypes[feature.kind].join(" or ")}`
        : `the stream on ${stream.topic} has a feature`,
      found: feature ? stream.type : "none",
      todo: feature ? "Correct the stream's type or its feature's kind" : "Add a feature, or do not decode this stream",
    });
  }
  return sensorOf(feature).decode(feature, featureSpec(feature), stream.type, message);
}

/** A stream whose messages are better decoded in another thread (`featureThreads`), and what is known of them before that. */
export interface ApartStream {
  /** Why `decodeFeature` refuses the message, as far as can be told without decoding it; it may refuse others too. */
  refusal(message: object): RefusalReason | undefined;
  /** The bytes that tell whether two messages show the same. */
  content(message: object): Uint8Array;
}

/**
 * For a stream whose messages are much work: JPEGs and images of more than 1 MiB. Undefined for any other, which `decodeFeature`
 * serves at once.
 */
export function apartStream({ feature, type }: StreamContract): ApartStream | undefined {
  if (!feature) return undefined;
  const { apart } = sensorOf(feature);
  if (!apart?.wanted(feature, type)) return undefined;
  return {
    refusal: (message) => apart.refusal(feature, type, message),
    content: (message) => apart.content(type, message),
  };
}
