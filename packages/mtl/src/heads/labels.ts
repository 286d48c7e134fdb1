import { type BatchArray, PolypilotError } from "@polypilot/core";

/** Labels of a batch as floats; where a sample has none, zeros. */
export function floatLabels(labels: BatchArray & { readonly mask: Uint8Array }): Float32Array {
  const values = Float32Array.from(labels.data);
  const size = values.length / labels.mask.length;
  labels.mask.forEach((has, i) => {
    if (!has) values.fill(0, i * size, (i + 1) * size);
  });
  return values;
}

/** @throws PolypilotError `MTL_LABELS` if each sample's labels are not `size` numbers. */
export function checkLabelSize(head: string, labels: BatchArray & { readonly mask: Uint8Array }, size: number): void {
  if (labels.data.length === size * labels.mask.length) return;
  throw new PolypilotError("MTL_LABELS", ["mtl", `head ${head}`], {
    expected: `${size} numbers a label`,
    found: `${labels.data.length / labels.mask.length} (shape [${labels.shape.join(", ")}])`,
    todo: "Make the labels by this contract",
  });
}

/** @throws PolypilotError `MTL_OPTION` if there are weights, but not one for each class. */
export function checkClassWeights(head: string, weights: readonly number[], classes: readonly string[]): void {
  if (weights.length === 0 || weights.length === classes.length) return;
  throw new PolypilotError("MTL_OPTION", ["mtl", `heads.${head}.options`], {
    expected: `class_weights has ${classes.length} numbers, one a class`,
    found: `${weights.length}`,
    todo: `Write one for each of ${classes.join(", ")}, or leave it out`,
  });
}
