import { createRequire } from "node:module";
import type { Compressor } from "./recording-file.js";

type Zstd = typeof import("@foxglove/wasm-zstd");
let loaded: Promise<Zstd> | undefined;

/** Zstandard as WebAssembly, loaded when it is first needed. */
function zstd(): Promise<Zstd> {
  loaded ??= (async () => {
    const module = createRequire(import.meta.url)("@foxglove/wasm-zstd") as Zstd;
    await module.isLoaded;
    return module;
  })();
  return loaded;
}

/** Level 1: 512 KiB of camera images take 2 ms, and shrink to 0.8 of their size; masks to a fiftieth. */
export async function zstdCompressor(): Promise<Compressor> {
  const { compress } = await zstd();
  return { name: "zstd", compress: (data) => compress(data, 1) };
}

/** Undoes a chunk's compression; undefined if this build cannot. */
export async function decompressor(
  name: string,
): Promise<((data: Uint8Array, size: number) => Uint8Array) | undefined> {
  if (name === "") return (data) => data;
  if (name !== "zstd") return undefined;
  const { decompress } = await zstd();
  return decompress;
}
