import { encode } from "fast-png";

/** An image of bytes: grey (1 channel), RGB (3) or RGBA (4), row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** The image as a PNG in a data URI. */
export function pngDataUri({ width, height, channels, data }: Pixels): string {
  const png = encode({ width, height, channels: channels as 1 | 3 | 4, data, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** Numbers in 0…255 as bytes; others are clipped. */
export function toBytes(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(Uint8ClampedArray.from(values as ArrayLike<number> & Iterable<number>));
}

/** Colours in which the classes of a mask are laid over an image; class 0 shows the image itself. */
export const classColours: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [64, 156, 255],
  [255, 140, 40],
  [60, 210, 140],
  [190, 120, 255],
  [255, 90, 120],
  [240, 220, 70],
];

/**
 * The image with a mask of class numbers laid over it in colour; both are the same view, in any two sizes.
 *
 * @param mask - [height, width] class numbers; class 0 is left as it is, and so are numbers without a colour.
 */
export function overlayMask(
  image: Pixels,
  mask: { readonly width: number; readonly height: number; readonly data: ArrayLike<number> },
  opacity = 0.55,
): Pixels {
  const data = new Uint8Array(image.width * image.height * 3);
  for (let y = 0; y < image.height; y += 1) {
    for (let x = 0; x < image.width; x += 1) {
      const i = y * image.width + x;
      const row = Math.floor(((y + 0.5) * mask.height) / image.height);
      const kind = mask.data[row * mask.width + Math.floor(((x + 0.5) * mask.width) / image.width)]!;
      const colour = kind > 0 ? classColours[kind] : undefined;
      for (let c = 0; c < 3; c += 1) {
        const under = image.data[i * image.channels + (image.channels >= 3 ? c : 0)]!;
        data[i * 3 + c] = colour ? Math.round((1 - opacity) * under + opacity * colour[c]!) : under;
      }
    }
  }
  return { width: image.width, height: image.height, channels: 3, data };
}
