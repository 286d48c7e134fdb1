import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { webAssembly } from "@polypilot/core";
import { endOfImage } from "./jpeg-header.js";

/** A decoded picture, one byte for grey or three for red, green and blue. */
export interface JpegPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Decodes one JPEG after the other in the same memory. */
export interface LibjpegTurbo {
  /** The picture, in memory that the next call overwrites; undefined where the data are corrupt or of a kind that is not read. */
  decode(data: Uint8Array): JpegPixels | undefined;
}

/** The part of the library that is used; its memory holds one picture in and one out. */
interface Decoder {
  /** Memory for the JPEG's bytes. */
  getEncodedBuffer(size: number): Uint8Array;
  /** Throws a number where libjpeg-turbo reports an error or a warning. */
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: number };
}

interface Library {
  JPEGDecoder: new () => Decoder;
}

interface Loading extends Partial<Library> {
  instantiateWasm(imports: object, receive: (instance: Instance) => void): object;
}

interface Instance {
  readonly exports: object;
}

/** A failure leaves some bytes behind in the library's memory: after so many it is begun anew. */
const MOST_FAILURES = 10_000;
/** Most bytes between the last scan and the end marker: webcams of some makers leave a few. */
const MOST_PADDING = 8;

const require = createRequire(import.meta.url);

/**
 * libjpeg-turbo as WebAssembly: its very numbers on every machine (accurate integer transform, smooth chroma), and data that are
 * made to break it break nothing else.
 *
 * Loaded at once, without waiting, since decoding is a plain function.
 *
 * @throws Error where WebAssembly is not to be had.
 */
export function libjpegTurbo(): LibjpegTurbo {
  const { Module, Instance } = webAssembly();
  const module = new Module(readFileSync(require.resolve("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm")));
  const begin = require("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs") as (given: Loading) => unknown;
  const newDecoder = (): Decoder => {
    const library: Loading = {
      instantiateWasm(imports, receive) {
        const instance = new Instance(module, imports);
        receive(instance); // at once, so that the library is whole when `begin` returns
        return instance.exports;
      },
    };
    begin(library);
    return new (library as Loading & Library).JPEGDecoder();
  };
  let decoder = newDecoder();
  let failures = 0;
  const attempt = (data: Uint8Array, skip: number): JpegPixels | undefined => {
    try {
      return decodeWith(decoder, data, skip);
    } catch (cause) {
      failures += 1;
      if (failures % MOST_FAILURES === 0 || typeof cause !== "number") decoder = newDecoder();
      return undefined;
    }
  };
  return {
    decode(data) {
      for (let skip = 0; skip <= MOST_PADDING; skip += 1) {
        const picture = attempt(data, skip);
        if (picture) return picture;
      }
      return undefined;
    },
  };
}

/** @param skip - bytes before the end marker that are left out. */
function decodeWith(decoder: Decoder, data: Uint8Array, skip: number): JpegPixels {
  const memory = decoder.getEncodedBuffer(data.length - skip);
  if (skip === 0) memory.set(data);
  else {
    const end = endOfImage(data);
    memory.set(data.subarray(0, end - skip));
    memory.set(data.subarray(end), end - skip);
  }
  decoder.decode();
  const { width, height, componentCount } = decoder.getFrameInfo();
  return { width, height, channels: componentCount === 1 ? 1 : 3, data: decoder.getDecodedBuffer() };
}
