import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../../backend.js";
import { everyNth } from "./operations.js";

beforeAll(async () => {
  await loadBackend();
});

describe("everyNth", () => {
  it.each([[[2, 2]], [[2, 3]], [[1, 2]]] as [[number, number]][])(
    "then a 1×1 convolution is one with stride %j",
    ([sh, sw]) => {
      for (const [h, w] of [
        [7, 8],
        [6, 9],
        [1, 1],
      ] as const) {
        const [a, b] = tf.tidy(() => {
          const x = tf.randomNormal([2, h, w, 3], 0, 1, "float32", 1) as tf.Tensor4D;
          const kernel = tf.randomNormal([1, 1, 3, 4], 0, 1, "float32", 2) as tf.Tensor4D;
          const [ours, theirs] = [
            tf.conv2d(everyNth(x, [sh, sw]), kernel, 1, "same"),
            tf.conv2d(x, kernel, [sh, sw], "same"),
          ];
          expect(ours.shape).toEqual(theirs.shape);
          return [ours.dataSync().slice(), theirs.dataSync().slice()] as never;
        }) as [Float32Array, Float32Array];
        a.forEach((v, i) => {
          expect(v).toBeCloseTo(b[i]!, 5);
        });
      }
    },
  );

  it("is a pooling with a window of one pixel", () => {
    const [a, b] = tf.tidy(() => {
      const x = tf.randomNormal([1, 5, 6, 2], 0, 1, "float32", 1) as tf.Tensor4D;
      return [everyNth(x, [2, 2]).dataSync().slice(), tf.maxPool(x, 1, 2, "valid").dataSync().slice()] as never;
    }) as [Float32Array, Float32Array];
    expect(a).toEqual(b);
  });
});
