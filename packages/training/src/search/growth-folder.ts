import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Contract } from "@polypilot/core";
import type { AdamState } from "@polypilot/mtl";
import type { KeptFit } from "../train/fit-model.js";
import { checkIdentity, claimFolder, type Identity } from "../train/run-folder.js";
import { loadRun, prefixed, saveRun, unprefixed } from "../train/run-state.js";
import { readStateFile, writeStateFile } from "../train/state-file.js";
import type { Growth } from "./grow-branches.js";

/** A folder in which a tree grows: what is decided of it, and where training stands, so that both go on bit for bit. */
export interface GrowthFolder {
  /** Where growing stands. */
  readonly growth: Growth;
  /** Puts the levels so far, and what the next round starts from, where a resumed growth finds them. */
  readonly saveGrowth: (growth: Growth) => Promise<void>;
  /** Where the training after so many levels keeps its state. */
  readonly keep: (levels: number) => KeptFit;
}

/** What the file's JSON holds beside the arrays. */
interface Stored {
  readonly identity: Identity;
  readonly sharing: Contract["sharing"]["options"];
  readonly levels: Growth["levels"];
  /** Null before the first round. */
  readonly steps: AdamState["steps"] | null;
}

async function write(path: string, identity: Identity, { contract, levels, weights, optimiser }: Growth) {
  const steps = optimiser?.steps ?? null;
  await writeStateFile(path, {
    value: { identity, sharing: contract.sharing.options, levels, steps } satisfies Stored,
    arrays: {
      ...prefixed("weights", weights ?? {}),
      ...prefixed("mean", optimiser?.mean ?? {}),
      ...prefixed("square", optimiser?.square ?? {}),
    },
  });
}

async function read(path: string, out: string, identity: Identity, contract: Contract): Promise<Growth> {
  const { value, arrays } = await readStateFile(path);
  const { identity: before, sharing, levels, steps } = value as Stored;
  checkIdentity(out, before, identity);
  const grown = { ...contract, sharing: { ...contract.sharing, options: sharing } };
  if (steps === null) return { contract: grown, weights: null, optimiser: null, levels };
  const optimiser = { mean: unprefixed("mean", arrays), square: unprefixed("square", arrays), steps };
  return { contract: grown, weights: unprefixed("weights", arrays), optimiser, levels };
}

/** The state of the training that follows so many levels; that of another round has been outlived by a level. */
function keptFit(path: string, identity: Identity, levels: number): KeptFit {
  return {
    resume: async (model) => {
      if (!existsSync(path)) return undefined;
      const found = await loadRun(path);
      if (found.identity["levels before it"] !== levels) return undefined;
      found.restore(model);
      return found.state;
    },
    save: (model, state) => saveRun(path, { ...identity, "levels before it": levels }, model, state),
  };
}

/**
 * Opens a folder for a new growth, or the growth in it to go on with.
 *
 * @throws PolypilotError `TRAINING_FOLDER` as `openRunFolder`.
 */
export async function openGrowthFolder(
  out: string,
  resume: boolean,
  identity: Identity,
  contract: Contract,
): Promise<GrowthFolder> {
  const path = await claimFolder(out, resume, "growth.bin");
  const first: Growth = { contract, weights: null, optimiser: null, levels: [] };
  const growth = resume ? await read(path, out, identity, contract) : first;
  const saveGrowth = (now: Growth) => write(path, identity, now);
  if (!resume) await saveGrowth(growth);
  return { growth, saveGrowth, keep: (levels) => keptFit(join(out, ".state", "run.bin"), identity, levels) };
}
