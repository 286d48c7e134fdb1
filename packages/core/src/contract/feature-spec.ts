import type { FeatureSpec } from "../feature.js";
import type { Contract, FeatureContract } from "./schema.js";

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
