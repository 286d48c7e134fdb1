import { stat } from "node:fs/promises";
import { type RecordingSummary, summariseRecording } from "@polypilot/dataset";
import { createProgress, type Progress } from "./progress.js";
import { shown } from "./repository.js";

/** What is read within this time shows no bar. */
const QUIET_MS = 500;

/**
 * What is in a recording, with a bar on stderr where reading takes its time.
 *
 * @param signal - ends the reading: what it aborts with is thrown.
 */
export async function readSummary(path: string, signal?: AbortSignal): Promise<RecordingSummary> {
  const megabytes = ((await stat(path).catch(() => undefined))?.size ?? 0) / 1e6;
  const beganMs = performance.now();
  let progress: Progress | undefined;
  try {
    return await summariseRecording(path, {
      onProgress: (fraction) => {
        signal?.throwIfAborted();
        if (performance.now() - beganMs < QUIET_MS) return;
        progress ??= createProgress("reading", megabytes, "MB");
        progress.update(fraction * megabytes, shown(path));
      },
    });
  } finally {
    progress?.stop();
  }
}
