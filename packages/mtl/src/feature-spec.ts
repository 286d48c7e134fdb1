import type { Contract, FeatureContract, FeatureSpec } from "@polypilot/core";
import { PolypilotError } from "@polypilot/core";

/** Shape, unit and range of the numbers that a feature of the contract has. */
export function featureSpecOf(feature: FeatureContract): FeatureSpec {
  switch (feature.kind) {
    case "camera":
      return {
        shape: [feature.height, feature.width, feature.channels],
        dtype: "uint8",
        unit: "intensity",
        range: [[0, 255]],
      };
    case "ranges":
      return { shape: [feature.beams], dtype: "float32", unit: "m", range: [feature.range] };
    case "joints":
      return vectorSpec(feature.joints);
    case "imu":
    case "odometry":
      return vectorSpec(feature.values);
  }
}

function vectorSpec(values: readonly { unit: string; range: [number, number] }[]): FeatureSpec {
  return {
    shape: [values.length],
    dtype: "float32",
    unit: values.map((v) => v.unit),
    range: values.map((v) => v.range),
  };
}

/** The specs of every stream that has a feature, in the contract's order. */
export function featureSpecsOf(contract: Contract): Readonly<Record<string, FeatureSpec>> {
  const streams = Object.entries(contract.streams).filter(([, stream]) => stream.feature);
  return Object.fromEntries(streams.map(([name, stream]) => [name, featureSpecOf(stream.feature!)]));
}

/** The spec of one stream. @throws PolypilotError `MTL_STREAM` if it has no feature. */
export function specOf(specs: Readonly<Record<string, FeatureSpec>>, stream: string, unit: string): FeatureSpec {
  const spec = specs[stream];
  if (spec) return spec;
  throw new PolypilotError("MTL_STREAM", ["mtl", unit], {
    expected: "the stream has a feature",
    found: `${stream} without one`,
    todo: `Use one of ${Object.keys(specs).join(", ")}`,
  });
}
