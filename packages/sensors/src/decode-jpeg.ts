import { isMainThread } from "node:worker_threads";
import jpeg from "jpeg-js";
import { isWholeJpeg, jpegHeader } from "./jpeg-header.js";
import { type JpegPixels, type LibjpegTurbo, libjpegTurbo } from "./libjpeg-turbo.js";

/** Pixels of an image, three bytes each: red, green, blue. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Largest picture that is decoded, whatever a header promises: the largest source that a contract may name. */
const MOST_PIXELS = 8192 * 8192;

let turbo: LibjpegTurbo | undefined;
let fallback: string | undefined;
let warned = false;

/** Why this thread decodes JPEGs without libjpeg-turbo; undefined if it does not, or has decoded none yet. */
export const jpegFallback = (): string | undefined => fallback;

/** Says once in a program's life, on its main thread, that a thread decodes JPEGs without libjpeg-turbo. */
export function warnOfFallback(reason: string): void {
  if (warned || !isMainThread) return;
  warned = true;
  const what = "JPEGs are decoded in plain JavaScript, slowly, and with colours a few levels off";
  process.emitWarning(`[sensors] [jpeg] ${what}: ${reason}`, "DecodeWarning");
}

/** What `use` makes of the pixels of a JPEG, which it must not keep; undefined where `decodeJpeg` is. */
export function readJpeg<T>(data: Uint8Array, use: (pixels: JpegPixels) => T): T | undefined {
  const header = jpegHeader(data);
  if (!header || header.width * header.height > MOST_PIXELS || !isWholeJpeg(data)) return undefined;
  const library = header.components <= 3 ? loaded() : undefined; // inks are not libjpeg-turbo's to turn into colours
  const pixels = library ? library.decode(data) : plain(data);
  return pixels?.width === header.width && pixels.height === header.height ? use(pixels) : undefined;
}

/**
 * The pixels of a JPEG; undefined if it is cut short, of more than 8192 × 8192 pixels, or corrupt in a way that shows: the coded
 * bits end too early or too late, or form no code. A wrong bit that leaves the code whole does not show.
 *
 * libjpeg-turbo's numbers, to the bit. Where WebAssembly is not to be had, jpeg-js's, which differ by a few levels, more
 * at edges between colours; a warning says so once.
 */
export function decodeJpeg(data: Uint8Array): RgbImage | undefined {
  return readJpeg(data, ({ width, height, channels, data: pixels }) => {
    if (channels === 3) return { width, height, data: pixels.slice() };
    const rgb = new Uint8Array(3 * pixels.length);
    for (let i = 0; i < pixels.length; i += 1) rgb.fill(pixels[i]!, 3 * i, 3 * i + 3);
    return { width, height, data: rgb };
  });
}

function loaded(): LibjpegTurbo | undefined {
  if (turbo || fallback !== undefined) return turbo;
  try {
    turbo = libjpegTurbo();
  } catch (cause) {
    fallback = cause instanceof Error ? cause.message : String(cause);
    warnOfFallback(fallback);
  }
  return turbo;
}

function plain(data: Uint8Array): JpegPixels | undefined {
  try {
    return { ...jpeg.decode(data, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false }), channels: 3 };
  } catch {
    return undefined; // the library throws plain errors for broken data, which is no error of ours
  }
}
