import type { BackendInfo } from "@polypilot/mtl";

/** The warning for a backend that is correct and far too slow; empty for the native library. */
export function slowBackendText({ description, missing }: BackendInfo): string {
  if (missing === undefined) return "";
  return [
    `Warning: the native TensorFlow library is missing (${missing}): ${description} computes in its place, far too slowly for more than a trial.`,
    "Type `npm run setup`, which builds it, or `polypilot doctor`, which says what this machine lacks.",
  ].join("\n");
}

/** Loads what training computes with, and says before the recordings are read if that is plain JavaScript. */
export async function tellBackend(): Promise<void> {
  const { loadBackend } = await import("@polypilot/mtl");
  const text = slowBackendText(await loadBackend());
  if (text) process.stderr.write(`${text}\n`);
}
