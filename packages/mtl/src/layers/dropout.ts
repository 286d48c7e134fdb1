import { sizeOf } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Context } from "../module.js";
import { fresh } from "./fresh.js";

/**
 * In training, zeroes each number with probability `rate` and scales the others by 1 / (1 − rate); else the input itself.
 *
 * The mask comes from the context's source of random numbers: the same seed gives the same mask.
 *
 * @see Srivastava et al. 2014, Dropout.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, name: string, context: Context): T {
  if (!context.training || rate === 0) return x;
  const kept = 1 / (1 - rate);
  const mask = fresh(context, x.shape, ({ random }) => {
    const source = random.fork(name);
    const factors = new Float32Array(sizeOf(x.shape));
    for (let i = 0; i < factors.length; i += 1) factors[i] = source.uniform() < rate ? 0 : kept;
    return factors;
  });
  return tf.mul(x, mask) as T;
}
