import { editContract, PolypilotError, wallClock } from "@polypilot/core";
import { type BranchCosts, checkContract, loadBackend } from "@polypilot/mtl";
import type { Scores } from "../evaluate/score-heads.js";
import type { Deployment } from "../train/deployment.js";
import { type FinishInput, finish } from "../train/finish.js";
import type { FitOptions } from "../train/fit-model.js";
import { checkLabels, demonstrationsOf, settingsOf, splitOf } from "../train/prepare.js";
import { identityOf } from "../train/run-folder.js";
import { scoredOn } from "../train/scored-on.js";
import type { TrainOptions } from "../train/train-options.js";
import { checkGrowth, type GrownLevel, type Growth, growBranches } from "./grow-branches.js";
import { type GrowthFolder, openGrowthFolder } from "./growth-folder.js";

export interface GrowCheckpointOptions
  extends Omit<TrainOptions, "relationsEvery" | "baseline" | "ablate" | "confirmations" | "remedy">,
    Pick<BranchCosts, "layerCost" | "separation" | "most"> {
  /** Epochs of training before each level is decided; by default 1. */
  readonly roundEpochs?: number;
}

/** What growing came to. */
export type GrowResult =
  | {
      /** The signal came: `resume` goes on. */
      readonly status: "interrupted";
      readonly out: string;
      /** Decided so far, from the top. */
      readonly levels: readonly GrownLevel[];
    }
  | {
      readonly status: "finished";
      readonly out: string;
      /** From the top. */
      readonly levels: readonly GrownLevel[];
      readonly parameters: number;
      readonly trainedSec: number;
      readonly scores: Scores;
      readonly scoredOn: "validation" | "training";
      readonly deployment: Deployment;
    };

function refuse(expected: string, found: string, todo: string): never {
  throw new PolypilotError("TRAINING_OPTION", ["training", "grow"], { expected, found, todo });
}

function check(options: GrowCheckpointOptions): void {
  const { contract } = options;
  checkContract(contract);
  checkGrowth(options);
  const { architecture } = contract.sharing;
  const heads = Object.keys(contract.heads);
  if (architecture !== "fully-adaptive")
    refuse("sharing.architecture is fully-adaptive", architecture, "Set it in the contract");
  if (heads.length < 2)
    refuse("two heads or more, which may share layers", heads.join(", "), "Add heads, or use train");
}

/** How the tree is decided, as far as it was given. */
function costsOf({ layerCost, separation, most }: GrowCheckpointOptions) {
  return Object.fromEntries(Object.entries({ layerCost, separation, most }).filter(([, v]) => v !== undefined));
}

/** The tree, trained; null if the signal came first. `onLevel` hears of each level. */
async function grow(
  options: GrowCheckpointOptions,
  fit: Omit<FitOptions, "keep">,
  { growth, saveGrowth, keep }: GrowthFolder,
  onLevel: (growth: Growth) => void,
) {
  const { roundEpochs = 1, signal } = options;
  const kept = async (now: Growth) => {
    await saveGrowth(now);
    onLevel(now);
  };
  try {
    const grown = await growBranches({ ...fit, ...costsOf(options), roundEpochs, from: growth, keep, onLevel: kept });
    if (grown.state.ended !== null) return grown;
    grown.model.dispose();
    return null;
  } catch (error) {
    if (signal?.aborted) return null;
    throw error;
  }
}

/**
 * Grows a tree of shared layers from demonstrations (`growBranches`) and makes `out` a checkpoint of it, with a report.
 *
 * The checkpoint's contract names the tree in `sharing.options.groups`: it is trained, driven and exported like any other. Its state is in
 * `out/.state`, written after each level and each epoch: stopped and resumed, it ends with the same bits.
 *
 * @param options.contract - its architecture is `fully-adaptive`.
 * @returns `interrupted` if the signal came: `resume` goes on.
 * @throws PolypilotError as `train` does; `TRAINING_OPTION` if the architecture is another one.
 */
export async function growCheckpoint(options: GrowCheckpointOptions): Promise<GrowResult> {
  const { contract, contractText, out, onProgress, signal, clock = wallClock() } = options;
  const settings = settingsOf(options);
  check(options);
  const demonstrations = await demonstrationsOf(options);
  const split = splitOf(demonstrations, options, settings);
  checkLabels(demonstrations, split);
  const backend = await loadBackend();
  const { roundEpochs = 1 } = options;
  const identity = { ...identityOf(contractText, demonstrations, split, settings), roundEpochs, ...costsOf(options) };
  const folder = await openGrowthFolder(out, options.resume === true, identity, contract);
  let { levels } = folder.growth;
  const tell = (name: string) => onProgress?.({ kind: "companion", name, run: 1, runs: 1 });
  if (levels.length === 0) tell("growing: all heads share one net");
  else tell(`growing goes on below level ${levels.at(-1)!.level + 1} from the top`);
  const [indices, validation] = [split.train.indices, split.validation.indices];
  const common = { demonstrations, settings, onProgress, signal, clock, compile: options.compile };
  const grown = await grow(options, { ...common, contract, indices, validation }, folder, (growth) => {
    levels = growth.levels;
    const { level, groups } = levels.at(-1)!;
    tell(`level ${level + 1} from the top: ${groups.map((group) => group.join(" + ")).join(" | ")}`);
  });
  if (!grown) return { status: "interrupted", out, levels };
  return finished(options, { ...common, split, backend: backend.description }, { ...grown, levels });
}

/** Makes the checkpoint of a tree that is trained. */
async function finished(
  { out, contractText, command = "growCheckpoint() from @polypilot/training" }: GrowCheckpointOptions,
  run: Omit<FinishInput, "out" | "contractText" | "command" | "learning" | "model" | "state">,
  { model, state, levels }: Pick<Awaited<ReturnType<typeof growBranches>>, "model" | "state" | "levels">,
): Promise<GrowResult> {
  try {
    const groups = levels.map((level) => level.groups);
    const { text } = editContract(contractText, { set: [[["sharing", "options", "groups"], groups]] });
    const learning = {
      way: "grow",
      sentence: "Layers were divided while they were trained, where heads find other samples hard",
    };
    const { scores, deployment } = await finish({ ...run, learning, out, model, state, command, contractText: text });
    const { trainedSec } = state;
    const told = { out, levels, parameters: model.parameters.total, trainedSec, scores, deployment };
    return { status: "finished", ...told, scoredOn: scoredOn(run.split) };
  } finally {
    model.dispose();
  }
}
