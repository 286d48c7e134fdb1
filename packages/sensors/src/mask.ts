import type { CameraFeature, FeatureSpec, HeadContract, Image } from "@polypilot/core";
import { type AreaGrid, areaGrid } from "./area-resize.js";
import { type FeatureResult, refuse } from "./feature-result.js";

type SegmentationHead = Extract<HeadContract, { kind: "segmentation" }>;

const TIE = 1e-9; // of a pixel's area: fractions of pixels do not add up exactly

/** Made once for each head of a contract. */
const grids = new WeakMap<SegmentationHead, AreaGrid>();

function gridOf(camera: CameraFeature, head: SegmentationHead): AreaGrid {
  let grid = grids.get(head);
  if (!grid) {
    grid = areaGrid(camera, head.width, head.height);
    grids.set(head, grid);
  }
  return grid;
}

/**
 * A mask under the camera's crop at the head's size: uint8 [height, width], a class's index each.
 *
 * Each target pixel takes the class that covers most of its area. Of classes that cover the same, the one with the higher number
 * wins: class 0 is the background by custom, and thin things such as lane markings should not lose ties against it.
 *
 * Refusals: `wrong_size` if the mask is not the camera's source size, `wrong_encoding` if it is not mono8 or 8UC1, `short_data`,
 * `not_a_class` if a pixel under the crop has a number that is no class.
 */
export function decodeMask(
  camera: CameraFeature,
  head: SegmentationHead,
  spec: FeatureSpec,
  message: object,
): FeatureResult {
  const mask = message as Image;
  if (mask.width !== camera.source.width || mask.height !== camera.source.height) return refuse("wrong_size");
  if (mask.encoding !== "mono8" && mask.encoding !== "8UC1") return refuse("wrong_encoding");
  if (mask.step < mask.width || mask.data.length < mask.step * (mask.height - 1) + mask.width) {
    return refuse("short_data");
  }
  const grid = gridOf(camera, head);
  const data = new Uint8Array(head.width * head.height);
  const votes = new Float64Array(head.classes.length);
  for (let row = 0, i = 0; row < head.height; row += 1) {
    for (let column = 0; column < head.width; column += 1, i += 1) {
      const only = onlyClass(grid, row, column, mask);
      if (only >= votes.length) return refuse("not_a_class");
      if (only >= 0) data[i] = only;
      else {
        votes.fill(0);
        if (!vote(grid, row, column, mask, votes)) return refuse("not_a_class");
        data[i] = winner(votes);
      }
    }
  }
  return { ok: true, feature: { spec, data } };
}

/** The number that all pixels of one cell have, or -1: most cells lie within one class, and need no areas. */
function onlyClass({ rows, columns }: AreaGrid, row: number, column: number, { data, step }: Image): number {
  const left = columns.first[column]!;
  const right = left + columns.start[column + 1]! - columns.start[column]!;
  const top = rows.first[row]!;
  const bottom = top + rows.start[row + 1]! - rows.start[row]!;
  const first = data[top * step + left]!;
  for (let y = top; y < bottom; y += 1) {
    for (let at = y * step + left; at < y * step + right; at += 1) if (data[at] !== first) return -1;
  }
  return first;
}

/** Adds the area of each class in one cell to `votes`; false if a pixel has a number that is no class. */
function vote({ rows, columns }: AreaGrid, row: number, column: number, mask: Image, votes: Float64Array): boolean {
  for (let j = rows.start[row]!, y = rows.first[row]!; j < rows.start[row + 1]!; j += 1, y += 1) {
    for (let k = columns.start[column]!, x = columns.first[column]!; k < columns.start[column + 1]!; k += 1, x += 1) {
      const index = mask.data[y * mask.step + x]!;
      if (index >= votes.length) return false;
      votes[index]! += rows.weights[j]! * columns.weights[k]!;
    }
  }
  return true;
}

function winner(votes: Float64Array): number {
  let best = 0;
  for (let i = 1; i < votes.length; i += 1) if (votes[i]! >= votes[best]! - TIE) best = i;
  return best;
}
