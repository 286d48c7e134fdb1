import jpeg from "jpeg-js";

/** Pixels of an image, three bytes each: red, green, blue. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Width and height as a JPEG's frame header tells them, without decoding; undefined if there is none.
 *
 * @see ITU-T T.81, table B.1: markers C0 to CF except C4, C8 and CC begin a frame.
 */
export function jpegSize(data: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  if (data[0] !== 0xff || data[1] !== 0xd8) return undefined;
  for (let at = 2; at + 9 <= data.length && data[at] === 0xff; ) {
    const marker = data[at + 1]!;
    if (marker === 0xff)
      at += 1; // fill byte
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: (data[at + 5]! << 8) | data[at + 6]!, width: (data[at + 7]! << 8) | data[at + 8]! };
    } else at += 2 + ((data[at + 2]! << 8) | data[at + 3]!);
  }
  return undefined;
}

/** The pixels of a JPEG; undefined if it is cut short or its structure is broken. Wrong bits within the picture do not show. */
export function decodeJpeg(data: Uint8Array): RgbImage | undefined {
  try {
    return jpeg.decode(data, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false });
  } catch {
    return undefined; // the library throws plain errors for broken data, which is no error of ours
  }
}
