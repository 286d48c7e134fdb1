/** What can be said of a JPEG without decoding it. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for colour, 4 for inks. */
  readonly components: number;
  /** Where the coded picture begins: what cameras and programs wrote in front of it, such as the time, lies before. */
  readonly pictureAt: number;
}

/** Most scans of a progressive JPEG; encoders make about ten, and each one costs a pass over the whole picture. */
const MOST_SCANS = 100;

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/**
 * The header of a JPEG; undefined if there is none.
 *
 * @see ITU-T T.81, table B.1: markers C0 to CF except C4, C8 and CC begin a frame, E0 to EF and FE are for applications.
 */
export function jpegHeader(data: Uint8Array): JpegHeader | undefined {
  if (data[0] !== 0xff || data[1] !== 0xd8) return undefined;
  let pictureAt = -1;
  for (let at = 2; at + 9 < data.length && data[at] === 0xff; ) {
    const marker = data[at + 1]!;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    if (pictureAt < 0 && (marker & 0xf0) !== 0xe0 && marker !== 0xfe) pictureAt = at;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: uint16(data, at + 5), width: uint16(data, at + 7), components: data[at + 9]!, pictureAt };
    }
    at += 2 + uint16(data, at + 2);
  }
  return undefined;
}

/** Width and height as a JPEG's header tells them, without decoding; undefined if there is none. */
export function jpegSize(data: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const header = jpegHeader(data);
  return header && { width: header.width, height: header.height };
}

/**
 * Whether a JPEG has all its parts: a header, scans, not more of them than any encoder makes, and its end. Bytes behind the end
 * do not matter. Costs a search through the bytes and decodes nothing.
 */
export function isWholeJpeg(data: Uint8Array): boolean {
  const header = jpegHeader(data);
  if (!header) return false;
  const end = endOfImage(data);
  let scans = 0;
  let first = -1;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // Within a scan FF is followed by 00 or by a marker, so that this finds markers there and, rarely, a byte of a table.
  for (let at = bytes.indexOf(0xff, header.pictureAt); at >= 0 && at < end; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] !== START_OF_SCAN) continue;
    if (first < 0) first = at;
    scans += 1;
    if (scans > MOST_SCANS) return false;
  }
  return first >= 0 && end > first;
}

/** Where a JPEG's end marker lies; −1 if it has none. */
export function endOfImage(data: Uint8Array): number {
  for (let at = data.length - 2; at >= 0; at -= 1) if (data[at] === 0xff && data[at + 1] === END_OF_IMAGE) return at;
  return -1;
}

const uint16 = (data: Uint8Array, at: number) => (data[at]! << 8) | data[at + 1]!;
