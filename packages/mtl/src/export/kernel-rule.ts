import { PolypilotError } from "@polypilot/core";
import type { GraphBuilder } from "./graph-builder.js";
import type { KernelCall } from "./record-kernels.js";

/** Writes one recorded operation as ONNX nodes. */
export type KernelRule = (graph: GraphBuilder, call: KernelCall) => void;

/** The error for an operation, or a setting of one, that the exporter does not know. */
export function cannotExport(found: string): PolypilotError {
  return new PolypilotError("MTL_EXPORT", ["mtl", "export"], {
    expected: "the model is made of operations that can be written as ONNX",
    found,
    todo: "Add a rule for it in packages/mtl/src/export, or do without it in deployed heads",
  });
}

/** [height, width] from TensorFlow.js's number or pair. */
export function pair(value: unknown): [number, number] {
  return Array.isArray(value) ? [value[0] as number, value[1] as number] : [value as number, value as number];
}

/**
 * Padding as ONNX wants it: [top, left, bottom, right].
 *
 * TensorFlow's `same` puts the odd pixel at the end.
 */
export function padsOf(
  pad: unknown,
  size: readonly [number, number],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  dilations: readonly [number, number] = [1, 1],
): number[] {
  if (pad === "valid") return [0, 0, 0, 0];
  if (typeof pad === "number") return [pad, pad, pad, pad];
  if (pad !== "same") throw cannotExport(`padding ${JSON.stringify(pad)}`);
  const totals = ([0, 1] as const).map((axis) => {
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    return Math.max((Math.ceil(size[axis] / strides[axis]) - 1) * strides[axis] + reach - size[axis], 0);
  });
  const before = totals.map((total) => Math.floor(total / 2));
  return [...before, ...totals.map((total, i) => total - before[i]!)];
}
