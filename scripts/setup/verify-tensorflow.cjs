// Loads tfjs-node from the folder given and trains one imaginary step: prints the versions, or fails.
const util = require("node:util");
// Node 23 dropped what tfjs-node 4.22 calls.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const tf = require(process.argv[2]);
if (tf.getBackend() !== "tensorflow") throw new Error(`the backend is ${tf.getBackend()}, not tensorflow`);
const loss = (x, filter, depthwise) =>
  tf.sum(tf.square(tf.depthwiseConv2d(tf.conv2d(x, filter, 1, "same"), depthwise, 2, "same")));
const gradients = tf.grads(loss)([tf.ones([1, 8, 8, 3]), tf.ones([3, 3, 3, 4]), tf.ones([3, 3, 4, 1])]);
const sums = gradients.map((gradient) => gradient.sum().dataSync()[0]);
if (!sums.every((sum) => Number.isFinite(sum) && sum > 0)) throw new Error(`the gradients sum to ${sums}`);
console.log(`libtensorflow ${tf.backend().binding.TF_Version}, ${tf.backend().isUsingGpuDevice ? "GPU" : "CPU"}`);
