import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { type Contract, parseContract } from "@polypilot/core";
import { type RecordingSummary, summariseRecording } from "@polypilot/dataset";
import { badInput } from "../bad-input.js";
import { type CheckpointFacts, inspectCheckpoint } from "./checkpoint.js";

/** What `polypilot inspect` found. */
export type Inspection =
  | { readonly kind: "recording"; readonly path: string; readonly recording: RecordingSummary }
  | { readonly kind: "checkpoint"; readonly path: string; readonly checkpoint: CheckpointFacts }
  | { readonly kind: "contract"; readonly path: string; readonly contract: Contract };

/**
 * Looks into a file or folder.
 *
 * @throws PolypilotError `CLI_INPUT` if there is nothing, or nothing that Polypilot knows.
 */
export async function inspect(path: string): Promise<Inspection> {
  const info = await stat(path).catch(() => undefined);
  if (!info) {
    throw badInput("inspect", {
      expected: `${path} is a recording, a checkpoint folder or a contract`,
      found: "nothing of that name",
      todo: "Check the path",
    });
  }
  if (info.isDirectory()) return { kind: "checkpoint", path, checkpoint: await inspectCheckpoint(path) };
  if ([".yaml", ".yml"].includes(extname(path))) {
    return { kind: "contract", path, contract: parseContract(await readFile(path, "utf8"), path) };
  }
  return { kind: "recording", path, recording: await summariseRecording(path) };
}
