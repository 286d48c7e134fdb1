import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type OnnxLibrary, openSession } from "./onnx-session.js";
import type { Runtime } from "./runtime.js";

/** The ONNX runtime in WebAssembly, in one thread; runs wherever Node does. */
export async function openWasm(model: Uint8Array): Promise<Runtime> {
  const ort = await import("onnxruntime-web/wasm");
  const file = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  ort.env.wasm.wasmBinary = await readFile(file);
  ort.env.wasm.numThreads = 1;
  const name = `onnxruntime-web ${ort.env.versions.common} (wasm, 1 thread)`;
  return openSession(ort as unknown as OnnxLibrary, model, { name, threads: 1 });
}
