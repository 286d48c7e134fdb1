import type { Feature, FeatureData } from "@polypilot/core";
import type { FeatureResult } from "@polypilot/sensors";
import { interpolateFeature, type SynchronisedSet } from "@polypilot/streams";

/** A feature that is made from its message once it is wanted, in another thread. */
export interface LaterFeature {
  /** Always the same result; does not reject. */
  later(): Promise<FeatureResult>;
}

/** A message that turned out to be unusable after it was let in. */
export interface LateRefusal {
  readonly stream: string;
  readonly reason: string;
  /** Whether nobody has been told of this message yet: it may be part of several sets. */
  readonly first: boolean;
}

/** What a set gives the model, or what is wrong with it. */
export type SetFeatures =
  | { readonly features: Readonly<Record<string, FeatureData>> }
  | { readonly refused: readonly LateRefusal[] };

const told = new WeakSet<object>();

/** A later feature that `decode` makes at the first call. */
export function laterFeature(decode: () => Promise<FeatureResult>): LaterFeature {
  let result: Promise<FeatureResult> | undefined;
  return {
    later() {
      result ??= decode();
      return result;
    },
  };
}

export const isLater = (value: Feature | LaterFeature): value is LaterFeature => "later" in value;

/** `interpolateFeature` where one of the two, or both, may still be to come. */
export function interpolate(a: Feature | LaterFeature, b: Feature | LaterFeature, fraction: number) {
  if (!isLater(a) && !isLater(b)) return interpolateFeature(a, b, fraction);
  return laterFeature(async () => {
    const [before, after] = await Promise.all([resultOf(a), resultOf(b)]);
    if (!before.ok) return before;
    if (!after.ok) return after;
    return { ok: true, feature: interpolateFeature(before.feature, after.feature, fraction) };
  });
}

const resultOf = async (value: Feature | LaterFeature): Promise<FeatureResult> =>
  isLater(value) ? value.later() : { ok: true, feature: value };

/**
 * The features of a set that a model reads, those that come later decoded side by side; a promise only where there are any.
 */
export function setFeatures(
  { samples }: SynchronisedSet<Feature | LaterFeature>,
  isInput: (stream: string) => boolean,
): SetFeatures | Promise<SetFeatures> {
  const wanted = Object.entries(samples).filter(([name]) => isInput(name));
  if (!wanted.some(([, { value }]) => isLater(value)))
    return { features: Object.fromEntries(wanted.map(([name, { value }]) => [name, (value as Feature).data])) };
  return decoded(wanted.map(([name, { value }]) => [name, value]));
}

async function decoded(wanted: readonly (readonly [string, Feature | LaterFeature])[]): Promise<SetFeatures> {
  const results = await Promise.all(wanted.map(([, value]) => resultOf(value)));
  const features: Record<string, FeatureData> = {};
  const refused: LateRefusal[] = [];
  for (const [i, result] of results.entries()) {
    const [stream] = wanted[i]!;
    if (result.ok) features[stream] = result.feature.data;
    else refused.push({ stream, reason: result.reason, first: !told.has(result) });
    if (!result.ok) told.add(result);
  }
  return refused.length > 0 ? { refused } : { features };
}
