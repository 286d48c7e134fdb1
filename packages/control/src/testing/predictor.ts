import type { FeatureData, HeadPrediction, Predictor } from "@polypilot/core";

/** A model for tests: steering [mean, σ] from the features and the number of the call, which counts from 1. */
export function testPredictor(
  steer: (call: number, features: Readonly<Record<string, FeatureData>>) => readonly [mean: number, sigma: number],
): Predictor & { readonly calls: () => number } {
  let calls = 0;
  return {
    inputs: { camera: [8, 8, 1], lidar: [4], joints: [1] },
    heads: ["steering"],
    runtime: "test",
    calls: () => calls,
    async predict(features): Promise<Record<string, HeadPrediction>> {
      calls += 1;
      const [mean, sigma] = steer(calls, features);
      return { steering: { mean: Float64Array.of(mean), sigma: Float64Array.of(sigma) } };
    },
    close: async () => {},
  };
}
