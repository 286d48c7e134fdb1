import { PolypilotError } from "@polypilot/core";

/** [height, width, channels] */
export type ImageShape = readonly [number, number, number];

/** Shape of an image whose pixels each average a block of k·k. */
const shrunkShape = ([h, w, c]: ImageShape, k: number): ImageShape => [Math.ceil(h / k), Math.ceil(w / k), c];

/**
 * The shape that an answer of so many numbers has to an image of that shape: heads may answer with a smaller image.
 *
 * @throws PolypilotError `TRAINING_SHAPE` if no whole block size fits.
 */
export function answeredShape(shape: ImageShape, numbers: number): ImageShape {
  for (let k = 1; k <= Math.max(shape[0], shape[1]); k += 1) {
    const [h, w, c] = shrunkShape(shape, k);
    if (h * w * c === numbers) return [h, w, c];
  }
  throw new PolypilotError("TRAINING_SHAPE", ["training", "image"], {
    expected: `an answer of the size of an image ${shape.join("×")}, or of one whose pixels average blocks of it`,
    found: `${numbers} numbers`,
    todo: "Use a model of the same contract",
  });
}

/**
 * An image whose pixels average blocks of another, [h, w, c] → [⌈h/k⌉, ⌈w/k⌉, c].
 *
 * Where k does not divide a side, what is missing is taken off both ends alike, as TensorFlow's padding `same` does.
 */
export function shrinkImage(data: ArrayLike<number>, shape: ImageShape, to: ImageShape): ArrayLike<number> {
  if (to[0] === shape[0] && to[1] === shape[1]) return data;
  const [h, w, c] = shape;
  const k = Math.max(Math.ceil(h / to[0]), Math.ceil(w / to[1]));
  const out = new Float64Array(to[0] * to[1] * c);
  const before = (size: number, n: number) => Math.floor((n * k - size) / 2);
  const [padY, padX] = [before(h, to[0]), before(w, to[1])];
  for (let y = 0; y < to[0]; y += 1) {
    const [y0, y1] = [Math.max(0, y * k - padY), Math.min(h, (y + 1) * k - padY)];
    for (let x = 0; x < to[1]; x += 1) {
      const [x0, x1] = [Math.max(0, x * k - padX), Math.min(w, (x + 1) * k - padX)];
      for (let channel = 0; channel < c; channel += 1) {
        let sum = 0;
        for (let j = y0; j < y1; j += 1) for (let i = x0; i < x1; i += 1) sum += data[(j * w + i) * c + channel]!;
        out[(y * to[1] + x) * c + channel] = sum / ((y1 - y0) * (x1 - x0));
      }
    }
  }
  return out;
}
