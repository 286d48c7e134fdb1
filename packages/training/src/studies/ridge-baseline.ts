import type { FeatureData } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";
import { type ImageShape, regressionScorer } from "../metrics/index.js";
import { ridge } from "./ridge.js";

/** An image of another size by averaging the area that each new pixel covers, scaled to 0…1; row-major with its channels. */
export function shrunkPixels(data: FeatureData, [h, w, c]: ImageShape, height: number, width: number): Float64Array {
  const across = (size: number, n: number, i: number) => {
    const [from, to] = [(i * size) / n, ((i + 1) * size) / n];
    const first = Math.floor(from);
    const parts = Array.from({ length: Math.ceil(to - 1e-9) - first }, (_, k) => first + k);
    return parts.map((at) => ({ at, share: (Math.min(to, at + 1) - Math.max(from, at)) / (to - from) }));
  };
  const columns = Array.from({ length: width }, (_, x) => across(w, width, x));
  const out = new Float64Array(height * width * c);
  for (let y = 0; y < height; y += 1) {
    for (const row of across(h, height, y)) {
      for (let x = 0; x < width; x += 1) {
        for (const column of columns[x]!) {
          const share = (row.share * column.share) / 255;
          for (let k = 0; k < c; k += 1)
            out[(y * width + x) * c + k]! += share * data[(row.at * w + column.at) * c + k]!;
        }
      }
    }
  }
  return out;
}

export interface BaselineOptions {
  readonly demonstrations: Demonstrations;
  /** The camera, and the head of size 1 that is predicted. */
  readonly stream: string;
  readonly head: string;
  readonly width: number;
  readonly height: number;
  /** Samples to fit on while λ is chosen, and to choose it on; the final fit is on both. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/** A straight-line model and how well it does. */
export interface Baseline {
  readonly lambda: number;
  /** On the test samples. */
  readonly r2: number;
  readonly mae: number;
  readonly truths: readonly number[];
  readonly predictions: readonly number[];
}

const LAMBDAS = Array.from({ length: 13 }, (_, i) => 10 ** (-2 + i / 2));

/** Ridge regression from pixels, with λ chosen on the validation samples. */
export function ridgeBaseline(options: BaselineOptions): Baseline {
  const { demonstrations, stream, head, width, height, train, validation, test } = options;
  const shape = demonstrations.featureSpecs[stream]!.shape as ImageShape;
  const pixels = (i: number) => shrunkPixels(demonstrations.feature(stream, i), shape, height, width);
  const truth = (i: number) => demonstrations.label(head, i)![0]!;
  const inputs = new Map([...train, ...validation, ...test].map((i) => [i, pixels(i)]));
  const fitOn = (indices: readonly number[]) =>
    ridge(
      indices.map((i) => inputs.get(i)!),
      indices.map(truth),
    );
  const onTrain = fitOn(train);
  const errorOn = (lambda: number) => {
    const model = onTrain(lambda);
    return validation.reduce((sum, i) => sum + (model.predict(inputs.get(i)!) - truth(i)) ** 2, 0);
  };
  const scored = LAMBDAS.map((lambda) => ({ lambda, error: errorOn(lambda) }));
  const { lambda } = scored.reduce((a, b) => (b.error < a.error ? b : a));
  const model = fitOn([...train, ...validation])(lambda);
  const predictions = test.map((i) => model.predict(inputs.get(i)!));
  const truths = test.map(truth);
  const scorer = regressionScorer(1, "rad");
  const sums = new Float64Array(scorer.size);
  truths.forEach((t, i) => {
    scorer.add(sums, Float32Array.of(t), { mean: [predictions[i]!], sigma: [] });
  });
  const value = (name: string) => scorer.metrics.find((m) => m.name === name)!.value(sums);
  return { lambda, r2: value("r2"), mae: value("mae"), truths, predictions };
}
