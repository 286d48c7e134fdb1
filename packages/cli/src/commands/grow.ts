import { editContract } from "@polypilot/core";
import type { GrowResult, TrainSettings } from "@polypilot/training";
import { Command } from "commander";
import { type ContractFile, readContract } from "../contract-file.js";
import { exitCode } from "../exit-code.js";
import { listenToInterrupt } from "../interrupt.js";
import { tellBackend } from "../learn/tell-backend.js";
import { names, positive, shareOrNone, wholeNumber } from "../option-values.js";
import { createOutput } from "../output.js";
import { shipped, shown } from "../repository.js";
import { table } from "../table.js";
import { duration, plural, readable } from "../units.js";

interface GrowFlags {
  readonly contract: string;
  readonly data: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly heads?: readonly string[];
  readonly epochs?: number;
  readonly roundEpochs: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly validation?: number;
  readonly layerCost?: number;
  readonly separation?: number;
  readonly most?: number;
  readonly stride?: number;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** The contract with the architecture that grows, and what else of its sharing still holds. */
function adaptive(file: ContractFile): ContractFile {
  const { architecture, options } = file.contract.sharing;
  if (architecture === "fully-adaptive") return file;
  const size = typeof options.size === "number" ? { size: options.size } : {};
  const sharing = { architecture: "fully-adaptive", options: size };
  return { ...editContract(file.text, { set: [[["sharing"], sharing]] }, file.name), name: file.name };
}

function toText(result: GrowResult): string {
  if (result.status === "interrupted") {
    const { length } = result.levels;
    const after = length === 0 ? "before a level was decided" : `after ${plural(length, "level")}`;
    return `Stopped ${after}. The same command with --resume goes on from there.`;
  }
  const { levels, scores, out } = result;
  const tree = levels.map(({ level, groups, costs }) => [
    `level ${level + 1}`,
    groups.map((group) => group.join(" + ")).join(" | "),
    `cost ${readable(costs[groups.length - 1]!.total)}, as one ${readable(costs[0]!.total)}`,
  ]);
  const rows = Object.entries(scores.heads).flatMap(([head, { metrics }]) =>
    metrics
      .slice(0, 1)
      .map(({ title, unit, interval: { estimate, low, high } }) => [
        head,
        title,
        `${readable(estimate)}${unit && unit !== "1" ? ` ${unit}` : ""}`,
        Number.isNaN(low) ? "" : `[${readable(low)}, ${readable(high)}]`,
      ]),
  );
  return [
    `${shown(out)} is a checkpoint of a grown net: ${result.parameters} parameters, trained in ${duration(result.trainedSec)}.`,
    "",
    "Heads that share each level, from the top",
    table(tree),
    "",
    `On the ${result.scoredOn} episodes (with 95 % intervals)`,
    table(rows),
  ].join("\n");
}

/** The settings that were given; the trainer knows the others. */
function settings({ epochs, batchSize, learningRate, validation }: GrowFlags): Partial<TrainSettings> {
  const given = { epochs, batchSize, learningRate, validationShare: validation };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function grow(flags: GrowFlags): Promise<void> {
  const interrupt = listenToInterrupt();
  const [{ growCheckpoint }, { load }, { keepHeads }, { trainingProgress }] = await Promise.all([
    import("@polypilot/training"),
    import("../learn/load.js"),
    import("../learn/keep-heads.js"),
    import("../learn/training-progress.js"),
  ]);
  const read = await readContract(flags.contract);
  const { contract, text } = adaptive(flags.heads ? keepHeads(read, flags.heads) : read);
  await tellBackend();
  const demonstrations = await load(contract, flags.data, flags.stride === undefined ? {} : { stride: flags.stride });
  const progress = trainingProgress();
  const { out, seed, roundEpochs, layerCost, separation, most } = flags;
  try {
    const result = await growCheckpoint({
      ...{ contract, contractText: text, demonstrations, out, seed, roundEpochs },
      ...settings(flags),
      ...(layerCost !== undefined && { layerCost }),
      ...(separation !== undefined && { separation }),
      ...(most !== undefined && { most }),
      resume: flags.resume === true,
      command: `polypilot grow ${process.argv.slice(3).join(" ")}`,
      onProgress: progress.tell,
      signal: interrupt.signal,
    });
    progress.stop();
    createOutput(flags.json === true).result(result, toText);
    if (result.status === "interrupted") process.exitCode = exitCode.interrupted;
  } finally {
    progress.stop();
    interrupt.release();
  }
}

/** `polypilot grow`: from recordings to a tree of shared layers. */
export function growCommand(): Command {
  return new Command("grow")
    .description("Finds out which heads should share which layers: a shared net is trained, and divided where it pays.")
    .requiredOption("--data <files...>", "recordings to learn from")
    .requiredOption("--out <folder>", "the checkpoint to make, for example runs/grown")
    .option("--contract <file>", "the robot; its sharing becomes fully-adaptive", shipped("contracts/sim-car.yaml"))
    .option("--seed <n>", "of weights, order, split and clustering", wholeNumber, 1)
    .option("--heads <names>", "only these heads of the contract, as steering or steering,markings", names)
    .option("--epochs <n>", "at most so many passes over the data once the tree stands", wholeNumber)
    .option("--round-epochs <n>", "passes over the data before each level is decided", wholeNumber, 1)
    .option("--batch-size <n>", "samples a batch", wholeNumber)
    .option("--learning-rate <x>", "highest learning rate", positive)
    .option("--validation <share>", "share of the episodes that validates", shareOrNone)
    .option("--layer-cost <x>", "cost of one more branch of the topmost layer (default: 1/64)", positive)
    .option("--separation <x>", "weight of keeping unrelated heads apart (default: 1)", positive)
    .option("--most <n>", "most branches at any level", wholeNumber)
    .option("--stride <n>", "use every n-th sample", wholeNumber)
    .option("--resume", "go on with the growth in --out, with the same options")
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
What comes out: a checkpoint whose contract names the tree (sharing.options.groups), so that train, drive and export take it like
any other. Heads that find the same samples hard stay together; each branch starts as a copy of the layer that it leaves. A higher
--layer-cost keeps more shared. Lu et al. 2017, Fully-adaptive Feature Sharing in Multi-Task Networks.

Examples
  polypilot grow --data recordings/demonstrations.mcap --out runs/grown
  polypilot grow --data recordings/demonstrations.mcap --heads steering,lane_offset,sign --layer-cost 0.1 --out runs/small
  polypilot grow --data recordings/demonstrations.mcap --out runs/grown --resume
                                                    after Ctrl-C: ends with the same bits
  polypilot drive --checkpoint runs/grown

Exit codes: 0 done, 2 wrong option, recording or contract, or no TensorFlow, 130 stopped by Ctrl-C (--resume goes on).`,
    )
    .action(grow);
}
