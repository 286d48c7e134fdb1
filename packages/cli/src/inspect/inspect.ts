import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { type Contract, parseContract } from "@polypilot/core";
import type { RecordingSummary } from "@polypilot/dataset";
import { badInput } from "../bad-input.js";
import { readSummary } from "../read-summary.js";
import { type CheckpointFacts, inspectCheckpoint } from "./checkpoint.js";

/** What `polypilot inspect` found. */
export type Inspection =
  | { readonly kind: "recording"; readonly path: string; readonly recording: RecordingSummary }
  | { readonly kind: "checkpoint"; readonly path: string; readonly checkpoint: CheckpointFacts }
  | { readonly kind: "contract"; readonly path: string; readonly contract: Contract };

/** A contract whose methods and their options exist, too. */
async function checkedContract(path: string): Promise<Contract> {
  const text = await readFile(path, "utf8");
  const contract = parseContract(text, path);
  const { checkContract, embedFiles } = await import("@polypilot/mtl");
  checkContract(embedFiles(text, dirname(path)).contract);
  return contract;
}

/**
 * Looks into a file or folder.
 *
 * @param signal - ends the reading of a recording.
 * @throws PolypilotError `CLI_INPUT` if there is nothing, or nothing that Polypilot knows; what a contract's mistakes throw.
 */
export async function inspect(path: string, signal?: AbortSignal): Promise<Inspection> {
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
    return { kind: "contract", path, contract: await checkedContract(path) };
  }
  return { kind: "recording", path, recording: await readSummary(path, signal) };
}
