import type { Scorer } from "./scorer.js";
import { answeredShape, type ImageShape, shrinkImage } from "./shrink-image.js";

/**
 * Scores of a reconstructed or predicted feature: root-mean-square and mean absolute error, peak signal-to-noise ratio.
 *
 * PSNR = 20·log₁₀(peak / RMSE) in decibels: 20 dB is an error of a tenth of the range.
 *
 * Heads may answer with a smaller image: the truth is then averaged over blocks to the same size.
 *
 * @param peak - width of the feature's range, 255 for images.
 * @param shape - of the truth.
 */
export function reconstructionScorer(unit: string, peak: number, shape: readonly number[]): Scorer {
  const rmse = (sums: Float64Array) => Math.sqrt(sums[1]! / sums[0]!);
  return {
    size: 3,
    add: (sums, full, { mean }) => {
      const image = shape as ImageShape;
      const truth = shape.length === 3 ? shrinkImage(full, image, answeredShape(image, mean.length)) : full;
      for (let i = 0; i < truth.length; i += 1) {
        const error = truth[i]! - mean[i]!;
        sums[1]! += error * error;
        sums[2]! += Math.abs(error);
      }
      sums[0]! += truth.length;
    },
    metrics: [
      { name: "rmse", title: "RMSE", unit, better: "lower", value: rmse },
      { name: "mae", title: "MAE", unit, better: "lower", value: (sums) => sums[2]! / sums[0]! },
      {
        name: "psnr",
        title: "PSNR",
        unit: "dB",
        better: "higher",
        value: (sums) => 20 * Math.log10(peak / rmse(sums)),
      },
    ],
  };
}
