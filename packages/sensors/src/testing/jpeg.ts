import type { CompressedImage } from "@polypilot/core";
import jpeg from "jpeg-js";
import { header } from "./messages.js";

/** A JPEG of a picture that changes with `phase`. */
export function wavyJpeg(width: number, height: number, phase: number, quality = 90): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i += 1) {
    for (let c = 0; c < 3; c += 1) data[4 * i + c] = 128 + 60 * Math.sin(i / 9 + phase) + 40 * Math.sin(i / 97 + c);
  }
  return new Uint8Array(jpeg.encode({ width, height, data }, quality).data);
}

/** The message that carries it. */
export function jpegMessage(data: Uint8Array, format = "jpeg"): CompressedImage {
  return { header, format, data };
}
