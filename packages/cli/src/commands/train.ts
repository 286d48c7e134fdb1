import { dirname } from "node:path";
import type { Remedy, TrainResult, TrainSettings, Transfer } from "@polypilot/training";
import { Command, Option } from "commander";
import { badInput } from "../bad-input.js";
import { type ContractFile, readContract } from "../contract-file.js";
import { exitCode } from "../exit-code.js";
import { listenToInterrupt } from "../interrupt.js";
import { type Chosen, checkParadigmFlags, chooseParadigm } from "../learn/choose-paradigm.js";
import { pathOf } from "../learn/find-path.js";
import { type ParadigmFlags, paradigmHelp, withParadigmFlags } from "../learn/paradigm-flags.js";
import { tellBackend } from "../learn/tell-backend.js";
import { names, positive, share, shareOrNone, wholeNumber } from "../option-values.js";
import { createOutput } from "../output.js";
import { shipped, shown } from "../repository.js";
import { table } from "../table.js";
import { bytes, duration, plural, readable } from "../units.js";

interface TrainFlags extends ParadigmFlags {
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
  readonly baseline: boolean;
  readonly confirm: number;
  readonly ablate?: boolean;
  readonly remedy?: Remedy;
  readonly relations: number;
  readonly compile: boolean;
  readonly resume?: boolean;
  readonly json?: boolean;
}

const remedies: readonly Remedy[] = ["drop", "group", "re-weight", "branch"];

type Told = (transfer: Transfer | null) => readonly string[];

function toText(result: TrainResult, told: Told): string {
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
  const unseen =
    result.scoredOn === "validation"
      ? []
      : [
          "  No episode was held back: it was trained on these, and they say nothing about others. Test it on other drives:",
          `  polypilot evaluate --checkpoint ${shown(result.out)} --data OTHERS.mcap, or hold back a fifth: --validation 0.2.`,
        ];
  const same = deployment.identical.onnx && deployment.identical.tensorflow;
  return [
    `${shown(result.out)} is a checkpoint: ${plural(result.history.length, "epoch")} in ${duration(result.trainedSec)}, epoch ${result.deployedEpoch + 1} deployed.`,
    "",
    `On the ${result.scoredOn} episodes (with 95 % intervals)`,
    table(rows),
    ...unseen,
    "",
    table([
      ["with all heads", ...cost(deployment.full)],
      ["deployed", ...cost(deployment.deployed)],
    ]),
    `  The deployed model's answers are ${same ? "bit-identical" : "NOT the same"} without the auxiliary heads.`,
    ...told(result.transfer),
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
    `${plural(episodes, "episode")}, fewer than ${FEW_EPISODES}: none is held back to choose an epoch by. All train, the last epoch is deployed, and its figures are on what it has seen. --validation 0.2 holds a fifth back; more and other recordings are better.\n`,
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

function check(flags: TrainFlags): void {
  checkParadigmFlags(flags);
  const { baseline, ablate, remedy } = flags;
  if (baseline || (!ablate && !remedy)) return;
  throw badInput("train", {
    expected: "--ablate and --remedy go with a baseline, which shows that there is harm",
    found: "--no-baseline",
    todo: "Leave it out",
  });
}

/** A contract with all that it takes from other files written into it: the checkpoint needs none of them. */
async function wholeContract(path: string): Promise<ContractFile> {
  const [{ embedFiles }, file] = await Promise.all([import("@polypilot/mtl"), readContract(path)]);
  return { ...file, ...embedFiles(file.text, dirname(path)) };
}

/** A run from a checkpoint, or by a paradigm, has no single-task run from nothing to be held against. */
const isParadigm = ({ from, paradigm }: Chosen) => from !== undefined || paradigm !== undefined;

async function learn(flags: TrainFlags): Promise<void> {
  check(flags);
  const interrupt = listenToInterrupt();
  const [{ train, transferText }, { load }, { partOf }, { keepHeads }, { trainingProgress }] = await Promise.all([
    import("@polypilot/training"),
    import("../learn/load.js"),
    import("../learn/part-of.js"),
    import("../learn/keep-heads.js"),
    import("../learn/training-progress.js"),
  ]);
  const file = await wholeContract(flags.contract);
  const { contract, text } = flags.heads ? keepHeads(file, flags.heads) : file;
  await tellBackend();
  const reading = flags.stride === undefined ? {} : { stride: flags.stride };
  const read = (paths: readonly string[]) => load(contract, paths, { ...reading, allowMissing: true });
  const chosen = await chooseParadigm(flags, { contract, seed: flags.seed, load: read });
  const all = await (chosen.paradigm?.heads ? read(flags.data) : load(contract, flags.data, reading));
  const demonstrations = flags.leaveOut === undefined ? all : partOf(all, "first", flags.leaveOut);
  const whole = { ...file, contract, text };
  const path = await pathOf(flags, { file: whole, chosen, demonstrations, interrupt });
  if (path === "stopped") return;
  const baseline = flags.baseline && !isParadigm(chosen);
  const progress = trainingProgress();
  try {
    const result = await train({
      contract: path?.file.contract ?? contract,
      contractText: path?.file.text ?? text,
      demonstrations: path ? { ...demonstrations, contract: path.file.contract } : demonstrations,
      out: flags.out,
      seed: flags.seed,
      ...settings(flags, demonstrations.episodes.length),
      resume: flags.resume === true,
      relationsEvery: flags.relations,
      ...chosen,
      ...(path && { from: path.from }),
      baseline,
      confirmations: flags.confirm,
      compile: flags.compile,
      ...(flags.ablate && { ablate: true }),
      ...(flags.remedy && { remedy: flags.remedy }),
      command: `polypilot train ${process.argv.slice(3).join(" ")}`,
      onProgress: progress.tell,
      signal: interrupt.signal,
    });
    progress.stop();
    createOutput(flags.json === true).result(result, (value) =>
      toText(value, (transfer) => {
        if (transfer) {
          const advice =
            "To do something about it: the same command with --resume --remedy drop, group, re-weight or branch. --ablate makes sure of the pair.";
          const due = transfer.warnings.length > 0 && !transfer.remedy;
          return ["", transferText(transfer), ...(due ? [advice] : [])];
        }
        const asked = baseline && Object.keys(contract.heads).length > 1;
        return asked ? ["", "No held-out episodes: whether the heads help each other was not examined."] : [];
      }),
    );
    const stopped = result.status === "interrupted" || result.transfer?.interrupted !== undefined;
    if (stopped) process.exitCode = exitCode.interrupted;
  } finally {
    progress.stop();
    interrupt.release();
  }
}

/** `polypilot train`: from recordings to a checkpoint. */
export function trainCommand(): Command {
  const command = new Command("train")
    .description("Learns from recordings all that the contract's heads say, and makes a checkpoint with a report.")
    .requiredOption("--data <files...>", "recordings to learn from")
    .requiredOption("--out <folder>", "the checkpoint to make, for example runs/model")
    .option("--contract <file>", "the robot: streams, heads, sharing, weighting", shipped("contracts/sim-car.yaml"))
    .option("--seed <n>", "of weights, order and split", wholeNumber, 1)
    .option("--heads <names>", "train only these heads of the contract, as steering or steering,markings", names)
    .option("--epochs <n>", "at most so many passes over the data", wholeNumber)
    .option("--batch-size <n>", "samples a batch, for heads without a sampling.batch of their own", wholeNumber)
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
    .option("--no-baseline", "do not train the primary heads alone beside the run, to see whether the others help")
    .option("--confirm <n>", "further seeds by which harm must show before it is told", wholeNumber, 1)
    .option("--ablate", "also train once without each auxiliary head, to find one that hurts")
    .addOption(
      new Option("--remedy <kind>", "try this where the other heads hurt a primary one, and measure it").choices(
        remedies,
      ),
    )
    .option(
      "--relations <n>",
      "measure how the tasks' gradients stand to each other on every n-th step; 0: never",
      wholeNumber,
      50,
    )
    .option(
      "--no-compile",
      "run each step operation by operation, not as one TensorFlow graph: slower, the same weights",
    )
    .option("--resume", "go on with the run in --out, with the same options");
  return withParadigmFlags(command)
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
What comes out: a checkpoint folder with the model (ONNX), its weights, the contract, a card (card.md), and report.html with
losses, predictions over images, and steering against truth. Beside a run with several heads each primary head is trained alone too
(--no-baseline saves that time): a warning tells if the others hurt it, and which one most likely does. Needs the native TensorFlow library: polypilot doctor.

Recordings may have the labels of some heads each: give all their files to --data. By default each step trains every head on the
samples of one batch that have its label. With schedule and sampling in the contract a step serves one head, drawn by its number of
labels, in turn, or epoch by epoch, and heads have batches of their own:
  schedule: { kind: one-task }                      or joint, alternate, epoch-per-task
  sampling: { policy: square-root, batch: { sign: 16 } }
                                                    or proportional, temperature, uniform, annealed; docs/guide.md has the details

Examples
  polypilot train --data recordings/demonstrations.mcap --out runs/model
  polypilot train --data recordings/demonstrations.mcap --heads steering --out runs/single
                                                    one task, to compare with
  polypilot train --data recordings/drives.mcap recordings/signs.mcap --contract two-sets.yaml --out runs/two-sets
  polypilot train --data recordings/demonstrations.mcap --out runs/model --resume
  polypilot train --data recordings/demonstrations.mcap --out runs/model --ablate --remedy drop
                                                    if a task hurts: which, and the same without it
  polypilot train --contract contracts/donkeycar.yaml --data recordings/tub.mcap --leave-out 0.2 --out runs/donkeycar

${paradigmHelp}

Exit codes: 0 done, 2 wrong option, recording or contract, or no TensorFlow, 130 stopped by Ctrl-C (--resume goes on).`,
    )
    .action(learn);
}
