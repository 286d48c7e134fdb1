import { type FeatureSpec, PolypilotError } from "@polypilot/core";

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
