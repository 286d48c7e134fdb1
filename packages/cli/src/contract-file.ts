import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Contract, parseContract } from "@polypilot/core";
import { badInput } from "./bad-input.js";

/** A contract with its text, which recordings and checkpoints carry. */
export interface ContractFile {
  readonly contract: Contract;
  readonly text: string;
  readonly name: string;
}

/**
 * Reads and checks a contract file.
 *
 * @throws PolypilotError `CLI_INPUT` if it cannot be read, `CORE_CONTRACT` with the line if it is wrong.
 */
export async function readContract(path: string): Promise<ContractFile> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw badInput("contract", {
      expected: `${path} is a contract file`,
      found: cause.code === "ENOENT" ? "no such file" : (cause.code ?? cause.message),
      todo: "Check the path",
    });
  });
  return { contract: parseContract(text, path), text, name: basename(path) };
}
