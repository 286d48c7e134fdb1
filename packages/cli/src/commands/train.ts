import type { TrainResult, TrainSettings } from "@polypilot/training";
import { Command } from "commander";
import { readContract } from "../contract-file.js";
import { exitCode } from "../exit-code.js";
import { listenToInterrupt } from "../interrupt.js";
import { names, positive, share, shareOrNone, wholeNumber } from "../option-values.js";
import { createOutput } from "../output.js";
import { shipped, shown } from "../repository.js";
import { table } from "../table.js";
import { bytes, duration, plural, readable } from "../units.js";

interface TrainFlags {
  readonly contract: string;
  readonly data: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly heads?: readonly string[];
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly patience?: number;
  readonly warmUp?: number;
  readonly weightDecay?: number;
  readonly averaging?: number;
  readonly validation?: number;
  readonly leaveOut?: number;
  readonly stride?: number;
  readonly resume?: boolean;
  readonly json?: boolean;
}

function toText(result: TrainResult): string {
  if (result.status === "interrupted") {
    return `Stopped in epoch ${result.epoch + 1}. The same command with --resume goes on from there.`;
  }
  const { deployment, scores } = result;
  const rows = Object.entries(scores.heads).flatMap(([head, { metrics }]) =>
    metrics
      .slice(0, 2)
      .map(({ title, unit, interval }) => [
        head,
        title,
        `${readable(interval.estimate)}${unit && unit !== "1" ? ` ${unit}` : ""}`,
        Number.isNaN(interval.low) ? "" : `[${readable(interval.low)}, ${readable(interval.high)}]`,
      ]),
  );
  const cost = ({ parameters, bytes: size, milliseconds }: typeof deployment.full) => [
    `${parameters} parameters`,
    bytes(size),
    `${readable(milliseconds)} ms a prediction`,
  ];
  const same = deployment.identical.onnx && deployment.identical.tensorflow;
  return [
    `${shown(result.out)} is a checkpoint: ${result.history.length} epochs in ${duration(result.trainedSec)}, epoch ${result.deployedEpoch + 1} deployed.`,
    "",
    `On the ${result.scoredOn} episodes (with 95 % intervals)`,
    table(rows),
    "",
    table([
      ["with all heads", ...cost(deployment.full)],
      ["deployed", ...cost(deployment.deployed)],
    ]),
    `  The deployed model's answers are ${same ? "bit-identical" : "NOT the same"} without the auxiliary heads.`,
    "",
    `Report: ${shown(result.report)}`,
    `To drive with it: polypilot drive --checkpoint ${shown(result.out)}`,
  ].join("\n");
}

/** Episodes below which none is held back by default: a handful chooses epochs badly, and is worth more as training data. */
const FEW_EPISODES = 20;

/** The share that validates: what was given, none of few episodes, else the trainer's. */
function validationOf(flags: TrainFlags, episodes: number): number | undefined {
  if (flags.validation !== undefined || episodes >= FEW_EPISODES) return flags.validation;
  process.stderr.write(
    `${plural(episodes, "episode")}: too few to choose an epoch by. All train, and the last epoch is deployed (--validation 0.2 holds some back).\n`,
  );
  return 0;
}

/** The settings that were given; the trainer knows the others. */
function settings(flags: TrainFlags, episodes: number): Partial<TrainSettings> {
  const { epochs, batchSize, learningRate, patience, warmUp, weightDecay, averaging } = flags;
  const validation = validationOf(flags, episodes);
  const given = { epochs, batchSize, learningRate, patience, weightDecay, averaging };
  const all = { ...given, warmUpEpochs: warmUp, validationShare: validation };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function learn(flags: TrainFlags): Promise<void> {
  const interrupt = listenToInterrupt();
  const [{ train }, { load }, { partOf }, { keepHeads }, { trainingProgress }] = await Promise.all([
    import("@polypilot/training"),
    import("../learn/load.js"),
    import("../learn/part-of.js"),
    import("../learn/keep-heads.js"),
    import("../learn/training-progress.js"),
  ]);
  const file = await readContract(flags.contract);
  const { contract, text } = flags.heads ? keepHeads(file, flags.heads) : file;
  const all = await load(contract, flags.data, flags.stride === undefined ? {} : { stride: flags.stride });
  const demonstrations = flags.leaveOut === undefined ? all : partOf(all, "first", flags.leaveOut);
  const progress = trainingProgress();
  try {
    const result = await train({
      contract,
      contractText: text,
      demonstrations,
      out: flags.out,
      seed: flags.seed,
      ...settings(flags, demonstrations.episodes.length),
      resume: flags.resume === true,
      command: `polypilot train ${process.argv.slice(3).join(" ")}`,
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

/** `polypilot train`: from recordings to a checkpoint. */
export function trainCommand(): Command {
  return new Command("train")
    .description("Learns from recordings all that the contract's heads say, and makes a checkpoint with a report.")
    .requiredOption("--data <files...>", "recordings to learn from")
    .requiredOption("--out <folder>", "the checkpoint to make, for example runs/model")
    .option("--contract <file>", "the robot: streams, heads, sharing, weighting", shipped("contracts/sim-car.yaml"))
    .option("--seed <n>", "of weights, order and split", wholeNumber, 1)
    .option("--heads <names>", "train only these heads of the contract, as steering or steering,markings", names)
    .option("--epochs <n>", "at most so many passes over the data", wholeNumber)
    .option("--batch-size <n>", "samples a step", wholeNumber)
    .option("--learning-rate <x>", "highest learning rate", positive)
    .option("--patience <n>", "stop after so many epochs without a better steering", wholeNumber)
    .option("--warm-up <epochs>", "epochs over which the learning rate rises", positive)
    .option("--weight-decay <x>", "decoupled weight decay", positive)
    .option("--averaging <x>", "decay a step of the running average of weights that is deployed", share)
    .option(
      "--validation <share>",
      `share of the episodes that validates (default: 0.2, or 0 below ${FEW_EPISODES} episodes); 0: all train, the last epoch is deployed`,
      shareOrNone,
    )
    .option("--leave-out <share>", "leave out the last share of the episodes by time, for evaluate --test-part", share)
    .option("--stride <n>", "use every n-th sample", wholeNumber)
    .option("--resume", "go on with the run in --out, with the same options")
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
What comes out: a checkpoint folder with the model (ONNX), its weights, the contract, a card (card.md), and report.html with
losses, predictions over images, and steering against truth. Needs the native TensorFlow library: polypilot doctor.

Examples
  polypilot train --data recordings/demonstrations.mcap --out runs/model
  polypilot train --data recordings/demonstrations.mcap --heads steering --out runs/single
                                                    one task, to compare with
  polypilot train --data recordings/demonstrations.mcap --out runs/model --resume
  polypilot train --contract contracts/donkeycar.yaml --data recordings/tub.mcap --leave-out 0.2 --out runs/donkeycar

Exit codes: 0 done, 2 wrong option, recording or contract, or no TensorFlow, 130 stopped by Ctrl-C (--resume goes on).`,
    )
    .action(learn);
}
