import type { Contract, FeatureData, Random, Sample } from "@polypilot/core";
import { derivedLabel } from "@polypilot/dataset";
import type { Augment } from "./augmented.js";

/** How far training images are changed. */
export interface CameraAugmentation {
  /** Largest factor of brightness, up or down: 0.3 is 0.77 to 1.3. */
  readonly brightness?: number;
  /** Largest factor of contrast about the middle grey. */
  readonly contrast?: number;
  /** Largest factor of each colour channel on its own. */
  readonly colour?: number;
  /** Largest shift in pixels, whole ones, to each side; the edge is repeated. */
  readonly shiftX?: number;
  readonly shiftY?: number;
  /** Regression heads whose sign changes when left and right are exchanged; given, half of the samples are mirrored. */
  readonly mirror?: readonly string[];
}

/** One drawn change. */
interface Change {
  /** By channel. */
  readonly gains: readonly number[];
  readonly contrast: number;
  readonly dx: number;
  readonly dy: number;
  readonly mirrored: boolean;
}

type Size = readonly [height: number, width: number, channels: number];

function draw(options: CameraAugmentation, random: Random): Change {
  const factor = (most = 0) => (1 + most) ** (2 * random.uniform() - 1);
  const whole = (most = 0) => random.integer(2 * most + 1) - most;
  const brightness = factor(options.brightness);
  return {
    gains: [0, 1, 2].map(() => brightness * factor(options.colour)),
    contrast: factor(options.contrast),
    dx: whole(options.shiftX),
    dy: whole(options.shiftY),
    mirrored: options.mirror !== undefined && random.uniform() < 0.5,
  };
}

/** Moves and mirrors an image or mask; `scale` is its size over the camera's. */
function moved(data: FeatureData, [h, w, c]: Size, { dx, dy, mirrored }: Change, scale: number): FeatureData {
  const [sx, sy] = [Math.round(dx * scale), Math.round(dy * scale)];
  const out = data.slice();
  if (sx === 0 && sy === 0 && !mirrored) return out;
  // Where each pixel of a row comes from: the edge is repeated.
  const columns = Int32Array.from({ length: w }, (_, x) => {
    const side = mirrored ? w - 1 - x : x;
    return c * Math.min(w - 1, Math.max(0, side - sx));
  });
  for (let y = 0, at = 0; y < h; y += 1) {
    const row = Math.min(h - 1, Math.max(0, y - sy)) * w * c;
    for (let x = 0; x < w; x += 1) {
      const from = row + columns[x]!;
      for (let k = 0; k < c; k += 1, at += 1) out[at] = data[from + k]!;
    }
  }
  return out;
}

/** Brighter or darker, flatter or steeper; in place. A number of 8 bits is looked up: each is worked out once a channel. */
function lit(data: FeatureData, channels: number, { gains, contrast }: Change): FeatureData {
  const changed = (value: number, gain: number) =>
    Math.min(255, Math.max(0, Math.round(((value - 128) * contrast + 128) * gain)));
  if (!(data instanceof Uint8Array)) {
    for (let i = 0; i < data.length; i += 1) data[i] = changed(data[i]!, gains[i % channels]!);
    return data;
  }
  for (let channel = 0; channel < channels; channel += 1) {
    const table = Uint8Array.from({ length: 256 }, (_, value) => changed(value, gains[channel]!));
    for (let i = channel; i < data.length; i += channels) data[i] = table[data[i]!]!;
  }
  return data;
}

/** Labels that are computed from others of the sample, from what those now are; a number of a later set of a stream stays. */
function derivedAnew(
  contract: Contract,
  features: Readonly<Record<string, FeatureData>>,
  labels: Record<string, FeatureData>,
): Record<string, FeatureData> {
  for (const [name, { label }] of Object.entries(contract.heads)) {
    const derived = labels[name] && derivedLabel(contract, name);
    if (!derived) continue;
    const { from } = derived;
    const source = "head" in from ? labels[from.head] : "ahead" in label && label.ahead === 0 && features[from.stream];
    if (source) labels[name] = derived.derive(source);
  }
  return labels;
}

/**
 * Random light, small shifts and mirroring of all camera images, with the labels that show the same view moved alike.
 *
 * Labels that are a camera's own picture get the very same change; masks are shifted and mirrored; named heads change sign when
 * mirrored. A shift is taken as shake, not as another pose: labels in metres or radians keep their value.
 *
 * @see LeCun et al. 1998; Bojarski et al. 2016, section 5.2, who shift the view and correct the label.
 */
export function cameraAugment(contract: Contract, options: CameraAugmentation): Augment {
  const cameras = Object.entries(contract.streams).flatMap(([name, { feature }]) =>
    feature?.kind === "camera" ? [[name, [feature.height, feature.width, feature.channels] as const] as const] : [],
  );
  const sizes = new Map<string, Size>(cameras);
  return (sample: Sample, random: Random): Sample => {
    const change = draw(options, random);
    const features = { ...sample.features };
    for (const [name, size] of cameras) features[name] = lit(moved(features[name]!, size, change, 1), size[2], change);
    const labels: Record<string, FeatureData> = { ...sample.labels };
    for (const [name, label] of Object.entries(sample.labels)) {
      const head = contract.heads[name];
      if (!head) continue;
      const whole = "stream" in head.label && head.label.value === undefined;
      const size = whole && "stream" in head.label ? sizes.get(head.label.stream) : undefined;
      if (size) labels[name] = lit(moved(label, size, change, 1), size[2], change);
      else if (head.kind === "segmentation" && sizes.has(head.stream)) {
        const scale = head.width / sizes.get(head.stream)![1];
        labels[name] = moved(label, [head.height, head.width, 1], change, scale);
      } else if (change.mirrored && options.mirror?.includes(name)) labels[name] = label.map((v) => -v) as FeatureData;
    }
    return { ...sample, features, labels: derivedAnew(contract, features, labels) };
  };
}
