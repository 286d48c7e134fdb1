/** Raw numbers of a feature or label: bytes for images and classes, floats for everything else. */
export type FeatureData = Float32Array | Uint8Array;

/** What the numbers of a feature mean. */
export interface FeatureSpec {
  /** Shape without the batch axis: [height, width, channels] for images, [n] for vectors. */
  readonly shape: readonly number[];
  readonly dtype: "uint8" | "float32";
  /** Unit in the contract's notation: intensity, m, rad, rad/s, m/s², 1. A list has one unit per element. */
  readonly unit: string | readonly string[];
  /** Smallest and largest value of each element of the last axis, or one pair for all. Models scale by it. */
  readonly range: readonly (readonly [number, number])[];
}

/** One feature's value with its meaning. */
export interface Feature {
  readonly spec: FeatureSpec;
  /** Row-major; `data.length` is the product of `spec.shape`. */
  readonly data: FeatureData;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
