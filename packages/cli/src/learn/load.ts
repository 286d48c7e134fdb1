import type { Contract } from "@polypilot/core";
import { type Demonstrations, loadDemonstrations } from "@polypilot/dataset";
import { createProgress } from "../progress.js";
import { shown } from "../repository.js";

/** Demonstrations from recordings, with a bar. */
export async function load(
  contract: Contract,
  paths: readonly string[],
  options: { readonly allowMissing?: boolean; readonly stride?: number } = {},
): Promise<Demonstrations> {
  const progress = createProgress("reading", paths.length, paths.length === 1 ? "recording" : "recordings");
  try {
    return await loadDemonstrations({
      contract,
      paths,
      ...options,
      onProgress: ({ path, index, fraction, samples }) =>
        progress.update(index + fraction, `${shown(path)}, ${samples} samples`),
    });
  } finally {
    progress.stop();
  }
}
