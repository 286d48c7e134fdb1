import { type CameraFeature, type CompressedImage, type FeatureSpec, featureSpecOf, type Image } from "@polypilot/core";
import { type AreaResize, areaGrid, areaResize } from "./area-resize.js";
import { readJpeg } from "./decode-jpeg.js";
import { type FeatureResult, type RefusalReason, refuse, type Sensor } from "./feature-result.js";
import { isWholeJpeg, jpegHeader } from "./jpeg-header.js";

/** How the bytes of a pixel stand for red, green and blue. */
interface PixelLayout {
  readonly channels: number;
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

const layouts: ReadonlyMap<string, PixelLayout> = new Map([
  ["rgb8", { channels: 3, red: 0, green: 1, blue: 2 }],
  ["bgr8", { channels: 3, red: 2, green: 1, blue: 0 }],
  ["rgba8", { channels: 4, red: 0, green: 1, blue: 2 }],
  ["bgra8", { channels: 4, red: 2, green: 1, blue: 0 }],
  ["mono8", { channels: 1, red: 0, green: 0, blue: 0 }],
]);

const COMPRESSED = "sensor_msgs/msg/CompressedImage";

/** Bytes of a raw image from which on it is worth another thread: a copy costs a tenth of averaging it. */
const LARGE_IMAGE = 2 ** 20;

/** Made once for each feature of a contract: weights and buffers depend on its sizes alone. */
const resizers = new WeakMap<CameraFeature, AreaResize>();

function resizerOf(feature: CameraFeature): AreaResize {
  let resize = resizers.get(feature);
  if (!resize) {
    resize = areaResize(areaGrid(feature, feature.width, feature.height), feature.source.width);
    resizers.set(feature, resize);
  }
  return resize;
}

/**
 * The cropped image at the size that the model sees: uint8 [height, width, channels], 0…255.
 *
 * The crop's fractions are cut off at each side, then each target pixel is the mean of the source area that it covers (exact,
 * also where sizes do not divide), rounded to the nearest. One channel is grey: Y = 0.299 R + 0.587 G + 0.114 B, of the means;
 * three channels of a grey image are equal. No gamma is undone: the mean is of the bytes.
 *
 * Reads sensor_msgs Image in rgb8, bgr8, rgba8, bgra8 and mono8 (alpha is ignored, rows may be padded, byte order has no
 * meaning) and CompressedImage in JPEG, decoded as libjpeg-turbo does (`decodeJpeg`).
 *
 * Refusals: `wrong_size` if the image is not the contract's source size, `wrong_encoding`, `short_data`, `bad_jpeg`.
 *
 * @see ITU-R BT.601, luma coefficients.
 */
export const camera: Sensor<CameraFeature> = {
  kind: "camera",
  spec(feature) {
    areaGrid(feature, feature.width, feature.height); // refuses an impossible crop now, not at the first image
    return featureSpecOf(feature);
  },
  decode: (feature, spec, type, message) =>
    type === COMPRESSED
      ? fromJpeg(feature, spec, message as CompressedImage)
      : fromImage(feature, spec, message as Image),
  apart: {
    wanted: ({ source }, type) => type === COMPRESSED || source.width * source.height * 3 > LARGE_IMAGE,
    refusal: (feature, type, message) =>
      type === COMPRESSED ? jpegRefusal(feature, message as CompressedImage) : imageRefusal(feature, message as Image),
    content(type, message) {
      const { data } = message as Image | CompressedImage;
      return type === COMPRESSED ? data.subarray(jpegHeader(data)?.pictureAt ?? 0) : data;
    },
  },
};

function jpegRefusal({ source }: CameraFeature, { data, format }: CompressedImage): RefusalReason | undefined {
  const header = jpegHeader(data);
  if (!header) return /jpe?g/i.test(format) || format === "" ? "bad_jpeg" : "wrong_encoding";
  if (header.width !== source.width || header.height !== source.height) return "wrong_size";
  return isWholeJpeg(data) ? undefined : "bad_jpeg";
}

function fromJpeg(feature: CameraFeature, spec: FeatureSpec, message: CompressedImage): FeatureResult {
  const refusal = jpegRefusal(feature, message);
  if (refusal) return refuse(refusal);
  const result = readJpeg(message.data, ({ width, channels, data }) =>
    resized(feature, spec, data, width * channels, layouts.get(channels === 1 ? "mono8" : "rgb8")!),
  );
  return result ?? refuse("bad_jpeg");
}

function imageRefusal({ source }: CameraFeature, image: Image): RefusalReason | undefined {
  const { width, height } = source;
  if (image.width !== width || image.height !== height) return "wrong_size";
  const layout = layouts.get(image.encoding);
  if (!layout) return "wrong_encoding";
  const row = width * layout.channels;
  return image.step < row || image.data.length < image.step * (height - 1) + row ? "short_data" : undefined;
}

function fromImage(feature: CameraFeature, spec: FeatureSpec, image: Image): FeatureResult {
  const refusal = imageRefusal(feature, image);
  return refusal ? refuse(refusal) : resized(feature, spec, image.data, image.step, layouts.get(image.encoding)!);
}

function resized(
  feature: CameraFeature,
  spec: FeatureSpec,
  pixels: Uint8Array,
  step: number,
  { channels, red, green, blue }: PixelLayout,
): FeatureResult {
  const means = resizerOf(feature)(pixels, step, channels);
  const count = feature.width * feature.height;
  const data = new Uint8Array(count * feature.channels);
  // Adding one half before the array cuts off the fraction rounds to the nearest.
  if (feature.channels === 1) {
    for (let i = 0, at = 0; i < count; i += 1, at += channels) {
      data[i] = 0.299 * means[at + red]! + 0.587 * means[at + green]! + 0.114 * means[at + blue]! + 0.5;
    }
  } else {
    for (let i = 0, at = 0, to = 0; i < count; i += 1, at += channels, to += 3) {
      data[to] = means[at + red]! + 0.5;
      data[to + 1] = means[at + green]! + 0.5;
      data[to + 2] = means[at + blue]! + 0.5;
    }
  }
  return { ok: true, feature: { spec, data } };
}
