import type { Feature, FeatureContract, FeatureSpec } from "@polypilot/core";

/** What became of one message: a feature, or the reason why there is none, to be counted by stream and reason. */
export type FeatureResult =
  | {
      readonly ok: true;
      readonly feature: Feature;
      /** How many parts of the message could not be used, by reason, although the rest was enough. */
      readonly warnings?: Readonly<Record<string, number>>;
    }
  | { readonly ok: false; readonly reason: RefusalReason };

/**
 * Why a message gave no feature.
 *
 * `wrong_size`: an image, mask or vector of another size than the contract's. `wrong_encoding`: pixels in a form that is not
 * read. `short_data`: fewer numbers than the message itself promises. `bad_jpeg`: not a whole JPEG. `bad_scan`: angles or limits
 * that describe no scan. `out_of_view`: no beam lies in the field of view. `all_invalid`: no beam could be used.
 * `missing_joint`: a joint of the contract is not named. `not_finite`: NaN or infinity. `not_a_class`: no class has that number
 * or name.
 */
export type RefusalReason =
  | "wrong_size"
  | "wrong_encoding"
  | "short_data"
  | "bad_jpeg"
  | "bad_scan"
  | "out_of_view"
  | "all_invalid"
  | "missing_joint"
  | "not_finite"
  | "not_a_class";

/** One kind of sensor: what its feature looks like, and how a message becomes one. */
export interface Sensor<F extends FeatureContract = FeatureContract> {
  readonly kind: F["kind"];
  /** @throws PolypilotError if the feature's own parameters exclude each other. */
  spec(feature: F): FeatureSpec;
  /**
   * @param spec - what `spec(feature)` returned; the result carries this very object.
   * @param type - ROS 2 name of the message's type, one of core's `featureTypes[kind]`.
   */
  decode(feature: F, spec: FeatureSpec, type: string, message: object): FeatureResult;
  /** For a sensor whose messages may be too much work for the thread that controls the robot. */
  readonly apart?: ApartDecoding<F>;
}

/** What of `decode` is done at once where the rest is done in another thread. */
export interface ApartDecoding<F extends FeatureContract = FeatureContract> {
  /** Whether messages of this type are so much work. */
  wanted(feature: F, type: string): boolean;
  /** Why `decode` refuses this message, as far as can be told without decoding it. */
  refusal(feature: F, type: string, message: object): RefusalReason | undefined;
  /** The bytes that tell whether two messages show the same. */
  content(type: string, message: object): Uint8Array;
}

/** The answer for data that cannot be used. */
export function refuse(reason: RefusalReason): FeatureResult {
  return { ok: false, reason };
}

/** A vector's result, or `not_finite` if a number is none in single precision. */
export function finiteVector(spec: FeatureSpec, values: ArrayLike<number>): FeatureResult {
  const data = Float32Array.from(values);
  return data.every(Number.isFinite) ? { ok: true, feature: { spec, data } } : refuse("not_finite");
}
