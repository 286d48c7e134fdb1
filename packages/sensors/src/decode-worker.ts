// The thread's program: decodes one message after the other, in the order in which they come.
import { parentPort, workerData } from "node:worker_threads";
import { decodeFeature } from "./decode-feature.js";
import { jpegFallback } from "./decode-jpeg.js";
import type { DecodeAnswer, DecodeJob, DecodeThreadData } from "./thread-protocol.js";

const { streams } = workerData as DecodeThreadData;

parentPort?.on("message", ({ id, stream, rest, bytes, length }: DecodeJob) => {
  const result = decodeFeature(streams[stream]!, { ...rest, data: new Uint8Array(bytes, 0, length) });
  const slow = jpegFallback();
  const common = { id, ...(slow !== undefined && { fallback: slow }) };
  if (!result.ok) return parentPort?.postMessage({ ...common, reason: result.reason } satisfies DecodeAnswer);
  const { data } = result.feature; // in memory of its own, which changes hands
  return parentPort?.postMessage({ ...common, data } satisfies DecodeAnswer, [data.buffer as ArrayBuffer]);
});
