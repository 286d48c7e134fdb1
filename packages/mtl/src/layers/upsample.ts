import * as tf from "@tensorflow/tfjs-core";

/** The map at another size; each new pixel takes the nearest old one. */
export function upsample(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  if (x.shape[1] === height && x.shape[2] === width) return x;
  return tf.image.resizeNearestNeighbor(x, [height, width]);
}
