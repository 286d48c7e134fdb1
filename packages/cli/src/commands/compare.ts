import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Demonstrations } from "@polypilot/dataset";
import type { Comparison } from "@polypilot/training";
import { Command } from "commander";
import { readContract } from "../contract-file.js";
import { exitCode } from "../exit-code.js";
import { listenToInterrupt } from "../interrupt.js";
import { tellBackend } from "../learn/tell-backend.js";
import { positive, seeds, share, wholeNumber } from "../option-values.js";
import { createOutput } from "../output.js";
import { createProgress } from "../progress.js";
import { shipped, shown } from "../repository.js";

interface CompareFlags {
  readonly contract: string;
  readonly data: readonly string[];
  readonly seeds: readonly number[];
  readonly testPart: number;
  readonly validation: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly stride?: number;
  readonly out?: string;
  readonly json?: boolean;
}

async function splitOf(demonstrations: Demonstrations, { testPart, validation }: CompareFlags) {
  const { splitEpisodes } = await import("@polypilot/dataset");
  const split = splitEpisodes(demonstrations, { test: testPart, validation, seed: 0, order: "time" });
  return { train: split.train.indices, validation: split.validation.indices, test: split.test.indices };
}

async function run(flags: CompareFlags, signal: AbortSignal): Promise<Comparison> {
  const [{ compare }, { load }] = await Promise.all([import("@polypilot/training"), import("../learn/load.js")]);
  const { contract } = await readContract(flags.contract);
  await tellBackend();
  const { seeds: all, stride, epochs, batchSize, learningRate } = flags;
  const demonstrations = await load(contract, flags.data, stride === undefined ? {} : { stride });
  let progress: ReturnType<typeof createProgress> | undefined;
  try {
    return await compare({
      contract,
      demonstrations,
      seeds: all,
      split: await splitOf(demonstrations, flags),
      settings: {
        ...(epochs !== undefined && { epochs }),
        ...(batchSize !== undefined && { batchSize }),
        ...(learningRate !== undefined && { learningRate }),
      },
      signal,
      onProgress: ({ column, seed, run: number, runs }, step) => {
        if (step.kind !== "step") return;
        progress ??= createProgress("training", runs, "runs");
        progress.update(
          number + (step.epoch + step.step / step.steps) / step.epochs,
          `${column}, seed ${seed}, epoch ${step.epoch + 1}`,
        );
      },
    });
  } finally {
    progress?.stop();
  }
}

async function compareColumns(flags: CompareFlags): Promise<void> {
  const interrupt = listenToInterrupt();
  const { comparisonReport, comparisonText } = await import("@polypilot/training");
  let comparison: Comparison;
  try {
    comparison = await run(flags, interrupt.signal);
  } catch (error) {
    if (!interrupt.interrupted) throw error;
    process.stderr.write("Stopped; nothing is compared.\n");
    process.exitCode = exitCode.interrupted;
    return;
  } finally {
    interrupt.release();
  }
  const output = createOutput(flags.json === true);
  output.result(comparison, comparisonText);
  if (!flags.out) return;
  await mkdir(flags.out, { recursive: true });
  const report = join(flags.out, "report.html");
  await writeFile(report, comparisonReport("Single-task beside multi-task", comparison));
  output.line(`\nReport: ${shown(report)}`);
}

/** `polypilot compare`: whether the auxiliary heads help. */
export function compareCommand(): Command {
  return new Command("compare")
    .description("Trains with and without the auxiliary heads over several seeds, and says what they are worth.")
    .requiredOption("--data <files...>", "recordings to learn from and to compare on")
    .option(
      "--contract <file>",
      "the robot; its primary heads alone are the first column",
      shipped("contracts/sim-car.yaml"),
    )
    .option("--seeds <list>", "one run for each seed and column", seeds, [1, 2, 3, 4, 5])
    .option("--test-part <share>", "the last share of the episodes by time, on which is compared", share, 0.2)
    .option("--validation <share>", "share of the episodes, before those, by which the epoch is chosen", share, 0.1)
    .option("--epochs <n>", "at most so many passes over the data", wholeNumber)
    .option("--batch-size <n>", "samples a step", wholeNumber)
    .option("--learning-rate <x>", "highest learning rate", positive)
    .option("--stride <n>", "use every n-th sample", wholeNumber)
    .option("--out <folder>", "write report.html there")
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
What comes out: each measure of the primary heads on episodes that no run saw, single-task beside multi-task, with 95 %
intervals over seeds, the difference seed by seed, and a warning where the auxiliary heads hurt.

Examples
  polypilot compare --contract contracts/donkeycar.yaml --data recordings/tub.mcap --out runs/tub-comparison
  polypilot compare --data recordings/demonstrations.mcap --stride 4 --seeds 1-3 --epochs 10

Exit codes: 0 done, 2 wrong option, recording or contract, or no TensorFlow, 130 stopped by Ctrl-C.`,
    )
    .action(compareColumns);
}
