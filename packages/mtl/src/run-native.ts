import * as tf from "@tensorflow/tfjs-core";

/** What tfjs-node offers besides TensorFlow.js's own operations. */
interface NativeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(op: string, attributes: readonly unknown[], inputs: readonly tf.Tensor[]): tf.Tensor;
}

/**
 * The result of one of TensorFlow's own operations on floats, which TensorFlow.js does not offer; null on another backend.
 *
 * @param op - a name of TensorFlow's, with the one attribute T.
 */
export function runNative(op: string, inputs: readonly tf.Tensor[]): tf.Tensor | null {
  if (tf.getBackend() !== "tensorflow") return null;
  const backend = tf.backend() as unknown as NativeBackend;
  const { TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  return backend.executeSingleOutput(op, [{ name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT }], inputs);
}
