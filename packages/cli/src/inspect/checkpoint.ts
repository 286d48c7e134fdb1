import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Contract } from "@polypilot/core";
import { type CheckpointCard, readCheckpoint } from "@polypilot/mtl/serving";
import { badInput } from "../bad-input.js";
import { table } from "../table.js";
import { bytes } from "../units.js";
import { contractText } from "./contract-text.js";
import { flatFacts } from "./flat-facts.js";

/** What is in a checkpoint folder, every file checked against its card. */
export interface CheckpointFacts {
  readonly contract: Contract;
  readonly card: CheckpointCard;
}

/**
 * Looks into a checkpoint folder.
 *
 * @throws PolypilotError `CLI_INPUT` if the folder is none, `MTL_CHECKPOINT` if a file of it was lost or altered.
 */
export async function inspectCheckpoint(folder: string): Promise<CheckpointFacts> {
  const names = (await readdir(folder)).sort();
  if (!names.includes("card.json")) {
    const recordings = names.filter((name) => name.endsWith(".mcap"));
    throw badInput("inspect", {
      expected: `the folder ${folder} is a checkpoint, with a card.json`,
      found: names.length > 0 ? names.slice(0, 6).join(", ") : "an empty folder",
      todo: recordings.length > 0 ? `Name a recording in it: ${join(folder, recordings[0]!)}` : "Check the path",
    });
  }
  const { contract, card } = await readCheckpoint(folder);
  return { contract, card };
}

/** A checkpoint in words. */
export function checkpointText(folder: string, { contract, card }: CheckpointFacts): string {
  const { heads, parameters } = card;
  const files = Object.entries(card.files).map(([name, file]) => [name, bytes(file.bytes), "as the card says"]);
  return [
    `${folder} is a checkpoint for ${card.robot}: sharing ${card.architecture}, weighting ${card.weighting}, seed ${card.seed}.`,
    `It answers ${heads.deployed.join(", ")} with ${parameters.deployed} parameters; it was trained with ${heads.all.join(", ")} and ${parameters.all}.`,
    `Made by: ${card.command}`,
    "",
    ...(card.learning === undefined ? [] : ["Learnt by", table(flatFacts(card.learning)), ""]),
    "Learnt from",
    table(flatFacts(card.data)),
    "",
    "Reached",
    table(flatFacts(card.metrics)),
    "",
    "Files",
    table(files),
    "",
    contractText(contract),
  ].join("\n");
}
