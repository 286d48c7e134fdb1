import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Contract, parseContract } from "@polypilot/core";
import { badInput } from "../bad-input.js";
import { table } from "../table.js";
import { bytes } from "../units.js";
import { contractText } from "./contract-text.js";

/** What is in a checkpoint folder. */
export interface CheckpointFacts {
  readonly contract: Contract;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** The card: what the model is, what it learnt from and how well; as the trainer wrote it. */
  readonly card: Readonly<Record<string, unknown>>;
}

/**
 * Looks into a checkpoint folder.
 *
 * @throws PolypilotError `CLI_INPUT` if the folder is none.
 */
export async function inspectCheckpoint(folder: string): Promise<CheckpointFacts> {
  const names = (await readdir(folder)).sort();
  if (!names.includes("robot.yaml")) {
    const recordings = names.filter((name) => name.endsWith(".mcap"));
    throw badInput("inspect", {
      expected: `the folder ${folder} is a checkpoint, with a robot.yaml`,
      found: names.length > 0 ? names.slice(0, 6).join(", ") : "an empty folder",
      todo: recordings.length > 0 ? `Name a recording in it: ${join(folder, recordings[0]!)}` : "Check the path",
    });
  }
  const files = await Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
  const contract = parseContract(await readFile(join(folder, "robot.yaml"), "utf8"), join(folder, "robot.yaml"));
  const card = names.includes("card.json")
    ? (JSON.parse(await readFile(join(folder, "card.json"), "utf8")) as Record<string, unknown>)
    : {};
  return { contract, files, card };
}

const value = (of: unknown): string => (typeof of === "object" ? JSON.stringify(of) : String(of));

/** A checkpoint in words. */
export function checkpointText(folder: string, { contract, files, card }: CheckpointFacts): string {
  return [
    `${folder} is a checkpoint for ${contract.robot.name}.`,
    "",
    "Files",
    table(files.map((file) => [file.name, bytes(file.bytes)])),
    ...(Object.keys(card).length > 0
      ? ["", "Card", table(Object.entries(card).map(([key, of]) => [key, value(of)]))]
      : []),
    "",
    contractText(contract),
  ].join("\n");
}
