import { type CameraInfo, type CompressedImage, type Image, type Nanoseconds, toRosTime } from "@polypilot/core";
import jpeg from "jpeg-js";
import type { Lens } from "../camera/lens.js";

/** Frame of the camera's images: x right, y down, z forward (REP 103's suffix _optical). */
const CAMERA_FRAME = "camera_optical";

const JPEG_QUALITY = 90;
const header = (stampNs: Nanoseconds) => ({ stamp: toRosTime(stampNs), frame_id: CAMERA_FRAME });

/** An image message around rows of `bytesPerPixel` bytes. The data are not copied. */
export function imageMessage(
  stampNs: Nanoseconds,
  width: number,
  height: number,
  encoding: "rgb8" | "mono8" | "32FC1",
  data: Uint8Array,
): Image {
  const step = data.length / height;
  return { header: header(stampNs), height, width, encoding, is_bigendian: 0, step, data };
}

/** The same picture as JPEG. */
export function compressedMessage(
  stampNs: Nanoseconds,
  width: number,
  height: number,
  rgb: Uint8Array,
): CompressedImage {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0, o = 0; o < rgba.length; i += 3, o += 4) {
    rgba[o] = rgb[i]!;
    rgba[o + 1] = rgb[i + 1]!;
    rgba[o + 2] = rgb[i + 2]!;
  }
  const { data } = jpeg.encode({ data: rgba, width, height }, JPEG_QUALITY);
  return { header: header(stampNs), format: "jpeg", data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** The lens as ROS describes it: a Kannala–Brandt model with two of its four coefficients. */
export function cameraInfoMessage(stampNs: Nanoseconds, lens: Lens): CameraInfo {
  const { focalPx: f, centreX: x, centreY: y } = lens;
  return {
    header: header(stampNs),
    height: lens.height,
    width: lens.width,
    distortion_model: "equidistant",
    d: Float64Array.of(lens.k1, lens.k2, 0, 0),
    k: Float64Array.of(f, 0, x, 0, f, y, 0, 0, 1),
    r: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    p: Float64Array.of(f, 0, x, 0, 0, f, y, 0, 0, 0, 1, 0),
    binning_x: 0,
    binning_y: 0,
    roi: { x_offset: 0, y_offset: 0, height: 0, width: 0, do_rectify: false },
  };
}
