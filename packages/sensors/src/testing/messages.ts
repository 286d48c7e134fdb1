import type { Header, Image, LaserScan } from "@polypilot/core";

export const header: Header = { stamp: { sec: 12, nanosec: 500_000_000 }, frame_id: "base_link" };

/** An image whose byte for (y, x, channel) is given; `padding` bytes of 255 follow each row. */
export function image(
  width: number,
  height: number,
  encoding: string,
  byte: (y: number, x: number, channel: number) => number,
  padding = 0,
): Image {
  const channels = { rgb8: 3, bgr8: 3, rgba8: 4, bgra8: 4 }[encoding] ?? 1;
  const step = width * channels + padding;
  const data = new Uint8Array(step * height).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < channels; c += 1) data[y * step + x * channels + c] = byte(y, x, c);
    }
  }
  return { header, width, height, encoding, is_bigendian: 0, step, data };
}

/** A scan from angleMin in equal steps. */
export function scan(angleMin: number, increment: number, ranges: readonly number[]): LaserScan {
  return {
    header,
    angle_min: angleMin,
    angle_max: angleMin + increment * (ranges.length - 1),
    angle_increment: increment,
    time_increment: 0,
    scan_time: 0.1,
    range_min: 0.1,
    range_max: 10,
    ranges: Float32Array.from(ranges),
    intensities: new Float32Array(0),
  };
}
