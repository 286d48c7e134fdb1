import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contract, PolypilotError, parseContract } from "@polypilot/core";
import { type CheckpointCard, checkpointFiles } from "./card.js";
import { decodeSafetensors } from "./safetensors.js";

/** A checkpoint in memory. */
export interface Checkpoint {
  readonly directory: string;
  readonly card: CheckpointCard;
  readonly contract: Contract;
  readonly contractText: string;
  /** The exported model with the deployed heads, or with all of them. */
  onnx(heads: "deployed" | "all"): Uint8Array;
  /** Trained numbers by parameter. */
  weights(): Record<string, Float32Array>;
}

function refuse(directory: string, expected: string, found: string, todo: string, cause?: unknown): never {
  const where = ["mtl", `checkpoint ${directory}`] as const;
  throw new PolypilotError("MTL_CHECKPOINT", where, { expected, found, todo }, { cause });
}

async function readCard(directory: string): Promise<CheckpointCard> {
  const todo = "Name a folder that `polypilot train` wrote";
  const text = await readFile(join(directory, checkpointFiles.card), "utf8").catch((cause: unknown) =>
    refuse(directory, `the folder has a ${checkpointFiles.card}`, "none that can be read", todo, cause),
  );
  try {
    const card = JSON.parse(text) as CheckpointCard;
    if (card.format === 1 && typeof card.files === "object") return card;
  } catch (cause) {
    refuse(directory, `${checkpointFiles.card} is JSON`, "something else", todo, cause);
  }
  return refuse(directory, `${checkpointFiles.card} is of format 1`, "another format", todo);
}

async function readChecked(directory: string, card: CheckpointCard, name: string): Promise<Uint8Array> {
  const todo = "Copy the folder again, or train anew";
  const bytes = await readFile(join(directory, name)).catch((cause: unknown) =>
    refuse(directory, `the file ${name}, which the card lists`, "none that can be read", todo, cause),
  );
  const { sha256 } = card.files[name]!;
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256)
    refuse(directory, `${name} has SHA-256 ${sha256.slice(0, 12)}…`, `${found.slice(0, 12)}…`, todo);
  return bytes;
}

/**
 * Reads a checkpoint folder and checks every file against the card. Needs no TensorFlow.
 *
 * @throws PolypilotError `MTL_CHECKPOINT` if a file is missing or is not the one that was written.
 */
export async function readCheckpoint(directory: string): Promise<Checkpoint> {
  const card = await readCard(directory);
  const files = new Map<string, Uint8Array>();
  for (const name of Object.keys(card.files)) files.set(name, await readChecked(directory, card, name));
  const fileOf = (name: string) =>
    files.get(name) ?? refuse(directory, `the card lists ${name}`, "no such file", "Train anew");
  const contractText = new TextDecoder().decode(fileOf(checkpointFiles.contract));
  return {
    directory,
    card,
    contractText,
    contract: parseContract(contractText, join(directory, checkpointFiles.contract)),
    onnx: (heads) => fileOf(checkpointFiles[heads]),
    weights: () => {
      const name = checkpointFiles.weights;
      const arrays = decodeSafetensors(fileOf(name), join(directory, name));
      return Object.fromEntries(Object.entries(arrays).map(([key, { values }]) => [key, values]));
    },
  };
}
