import type { Arrival, CompressedImage, Image } from "@polypilot/core";
import { decodeJpeg } from "@polypilot/sensors";

/** A colour picture: rows from the top, three bytes a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

const ORDER: Readonly<Record<string, readonly [number, number, number, number]>> = {
  rgb8: [3, 0, 1, 2],
  bgr8: [3, 2, 1, 0],
  rgba8: [4, 0, 1, 2],
  bgra8: [4, 2, 1, 0],
  mono8: [1, 0, 0, 0],
};

function fromImage(image: Image): Picture | undefined {
  const order = ORDER[image.encoding];
  const { width, height, step, data } = image;
  if (!order || data.length < step * height || step < width * order[0]) return undefined;
  const [size, r, g, b] = order;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0, from = y * step; x < width; x += 1, from += size, to += 3) {
      rgb[to] = data[from + r]!;
      rgb[to + 1] = data[from + g]!;
      rgb[to + 2] = data[from + b]!;
    }
  }
  return { width, height, rgb };
}

/** The picture in a camera's message, for showing; undefined for one that cannot be read. */
export function pictureOf(arrival: Arrival): Picture | undefined {
  if (arrival.type === "sensor_msgs/msg/Image") return fromImage(arrival.message as Image);
  if (arrival.type !== "sensor_msgs/msg/CompressedImage") return undefined;
  const decoded = decodeJpeg((arrival.message as CompressedImage).data);
  return decoded && { width: decoded.width, height: decoded.height, rgb: decoded.data };
}
