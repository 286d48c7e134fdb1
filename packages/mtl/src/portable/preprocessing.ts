import type { CameraFeature, FeatureContract } from "@polypilot/core";

/** One step from a message to an input, in words and with its numbers. */
export interface PreprocessingStep {
  readonly step: string;
  readonly does: string;
  readonly [parameter: string]: unknown;
}

type Steps = { readonly [K in FeatureContract["kind"]]: (feature: never) => readonly PreprocessingStep[] };

function camera({ source, crop, width, height, channels }: CameraFeature): readonly PreprocessingStep[] {
  const { top, bottom, left, right } = crop;
  const box = [left * source.width, top * source.height, (1 - right) * source.width, (1 - bottom) * source.height];
  const colour =
    channels === 1
      ? "grey of the means: Y = 0.299 R + 0.587 G + 0.114 B; rounded to the nearest, halves up"
      : "red, green, blue, last in memory; each mean rounded to the nearest, halves up";
  return [
    {
      step: "decode",
      source,
      does: `an image of ${source.width}×${source.height} pixels, 8 bits a channel; another size is refused; a JPEG is decoded as by libjpeg-turbo's defaults: accurate integer transform, smooth chroma`,
    },
    {
      step: "crop",
      ...{ top, bottom, left, right },
      box,
      does: `keep pixels x from ${box[0]} to ${box[2]}, y from ${box[1]} to ${box[3]}; fractions of a pixel count by their area`,
    },
    {
      step: "resize",
      method: "area averaging",
      ...{ width, height },
      does: `${width}×${height} equal cells over the crop; a cell is the mean of the source area that it covers, Σ wᵢpᵢ / Σ wᵢ with wᵢ the covered area of pixel i; no gamma is undone`,
    },
    { step: "channels", channels, does: colour },
  ];
}

const values = (kind: string) => (feature: { readonly values: readonly { field: string }[] }) => [
  {
    step: "choose",
    fields: feature.values.map(({ field }) => field),
    does: `the ${kind} message's ${feature.values.map(({ field }) => field).join(", ")}, in this order`,
  },
];

const steps: Steps = {
  camera,
  ranges: (feature: Extract<FeatureContract, { kind: "ranges" }>) => [
    {
      step: "sectors",
      beams: feature.beams,
      field_of_view_rad: feature.field_of_view,
      does: `${feature.beams} equal sectors from ${feature.field_of_view[0]} to ${feature.field_of_view[1]} rad, counter-clockwise; each is its nearest usable return; NaN, negative and below range_min are ignored; +inf is nothing there`,
    },
    {
      step: "clip",
      range: feature.range,
      does: `to ${feature.range[0]}…${feature.range[1]} m; a sector without a return is ${feature.range[1]} m`,
    },
  ],
  joints: (feature: Extract<FeatureContract, { kind: "joints" }>) => [
    {
      step: "choose",
      joints: feature.joints.map(({ name, field }) => `${name}.${field}`),
      does: `${feature.joints.map(({ name, field }) => `${field} of ${name}`).join(", ")}, in this order, by the joints' names`,
    },
  ],
  imu: values("Imu"),
  odometry: values("Odometry"),
};

/** How a message becomes the numbers of a model's input. What the model scales itself is no step here. */
export function preprocessingOf(feature: FeatureContract): readonly PreprocessingStep[] {
  return (steps[feature.kind] as (feature: FeatureContract) => readonly PreprocessingStep[])(feature);
}
