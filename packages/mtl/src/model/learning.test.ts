import { type Batch, random } from "@polypilot/core";
import { beforeAll, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { createModel } from "./create-model.js";

const contract = tinyContract();
const [width, height, channels] = [18, 10, 3];
beforeAll(async () => {
  await loadBackend();
});

/** Pictures of a bright bar; steering follows its column, and every fourth picture has no label. The other streams are noise. */
function bars(size: number, seed: number): Batch {
  const noise = randomBatch(contract, size, seed);
  const source = random(seed).fork("bars");
  const camera = new Uint8Array(size * height * width * channels);
  const steering = new Float32Array(size);
  for (let i = 0; i < size; i += 1) {
    const column = source.integer(width);
    steering[i] = -0.4 + (0.8 * column) / (width - 1);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width * channels; x += 1) {
        const bright = Math.floor(x / channels) === column;
        camera[(i * height + y) * width * channels + x] = (bright ? 190 : 30) + source.integer(40);
      }
    }
  }
  const mask = Uint8Array.from({ length: size }, (_, i) => (i % 4 === 3 ? 0 : 1));
  return {
    size,
    features: { ...noise.features, camera: { shape: [size, height, width, channels], data: camera } },
    labels: { steering: { shape: [size, 1], data: steering, mask } },
  };
}

it("learns to steer by what the picture shows, and answers pictures that it has not seen", () => {
  const model = createModel(contract, { seed: 1 });
  let weighting = model.initialWeighting();
  for (let step = 0; step < 300; step += 1) {
    const options = { weighting, learningRate: 0.005, clipNorm: 5, step, epoch: 0 };
    weighting = model.trainStep(bars(16, step), options).weighting;
  }
  const unseen = bars(64, 9999);
  const { mean, sigma } = model.evaluate(unseen).predictions.steering!;
  const truth = Float32Array.from(unseen.labels.steering!.data);
  const meanSquare = mean.reduce((sum, value, i) => sum + (value - truth[i]!) ** 2, 0) / mean.length;
  const average = truth.reduce((sum, value) => sum + value, 0) / truth.length;
  const variance = truth.reduce((sum, value) => sum + (value - average) ** 2, 0) / truth.length;
  expect(1 - meanSquare / variance).toBeGreaterThan(0.9);
  // σ tells the size of the errors, within a factor.
  const expected = sigma.reduce((sum, value) => sum + value ** 2, 0) / sigma.length;
  expect(expected / meanSquare).toBeGreaterThan(0.2);
  expect(expected / meanSquare).toBeLessThan(5);
  model.dispose();
});
