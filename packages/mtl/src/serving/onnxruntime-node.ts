import { type OnnxLibrary, openSession } from "./onnx-session.js";
import type { Runtime } from "./runtime.js";

/** The native ONNX runtime; imported here and nowhere else, at the first call. */
export async function openNative(model: Uint8Array, threads: number): Promise<Runtime> {
  const { default: ort } = await import("onnxruntime-node");
  const { common } = ort.env.versions;
  const name = `onnxruntime-node ${common} (cpu, ${threads} thread${threads === 1 ? "" : "s"})`;
  return openSession(ort as unknown as OnnxLibrary, model, { name, threads });
}
