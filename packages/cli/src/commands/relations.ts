import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AffinityOptions, Candidate, Selection, TaskRelations } from "@polypilot/mtl";
import { Command, Option } from "commander";
import { badInput } from "../bad-input.js";
import { readContract } from "../contract-file.js";
import { exitCode } from "../exit-code.js";
import { listenToInterrupt } from "../interrupt.js";
import { tellBackend } from "../learn/tell-backend.js";
import { names, positive, wholeNumber } from "../option-values.js";
import { createOutput } from "../output.js";
import { readLosses } from "../relations/read-losses.js";
import { type GroupContract, writeGroups } from "../relations/write-groups.js";
import { shipped, shown } from "../repository.js";
import { table } from "../table.js";
import { readable } from "../units.js";

interface RelationsFlags {
  readonly contract: string;
  readonly data?: readonly string[];
  readonly losses?: string;
  readonly higherOrder?: boolean;
  readonly budget: number;
  readonly alone: NonNullable<AffinityOptions["alone"]>;
  readonly serve?: readonly string[];
  readonly epochs: number;
  readonly every: number;
  readonly seed: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly stride?: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** What the command finds. */
interface Found {
  readonly relations?: TaskRelations;
  readonly budget: number;
  readonly selection: Selection;
  readonly groups?: readonly GroupContract[];
  readonly report?: string;
}

function matrixText(title: string, tasks: readonly string[], values: readonly (readonly (number | null)[])[]): string {
  const rows = tasks.map((task, i) => [task, ...tasks.map((_, j) => readable(values[i]?.[j] ?? Number.NaN, 2))]);
  return `${title}\n${table([["", ...tasks], ...rows])}`;
}

function selectionText({ networks, total, cost }: Selection, budget: number): string {
  const rows = networks.map(({ name, candidate, tasks, serves, cost: own }) => [
    name ?? `network ${candidate + 1}`,
    `serves ${serves.join(", ")}`,
    tasks.length > serves.length ? `trains along ${tasks.filter((t) => !serves.includes(t)).join(", ")}` : "",
    `cost ${readable(own)}`,
  ]);
  return `Best under a budget of ${readable(budget)}: sum of losses ${readable(total, 6)}, cost ${readable(cost)}\n${table(rows)}`;
}

function toText({ relations, selection, budget, groups, report }: Found): string {
  const parts: string[] = [];
  if (relations) {
    const { tasks, steps, affinity, cosine, conflicts } = relations;
    parts.push(
      matrixText(
        `TAG affinity over ${steps} steps: a step for the row's task lowers the column's loss by this share`,
        tasks,
        affinity,
      ),
      matrixText("Cosine of gradients in the shared parameters", tasks, cosine),
      matrixText("Share of the steps in which two gradients conflict", tasks, conflicts),
    );
    const rows = selection.networks.map(({ tasks: all, serves }, i) => {
      const helpers = all.filter((task) => !serves.includes(task));
      return [`group ${i + 1}`, serves.join(", "), helpers.length > 0 ? `with the help of ${helpers.join(", ")}` : ""];
    });
    parts.push(`Groups for ${readable(budget)} networks\n${table(rows)}`);
  } else parts.push(selectionText(selection, budget));
  for (const { command, added } of groups ?? [])
    parts.push(
      `${command}${added.length > 0 ? `\n  (${added.join(", ")} trains along: every contract must steer)` : ""}`,
    );
  if (report) parts.push(`Report: ${shown(report)}`);
  return parts.join("\n\n");
}

async function solved(flags: RelationsFlags & { readonly losses: string }): Promise<Found> {
  const { affinityCandidates, predictHigherOrder, selectNetworks } = await import("@polypilot/mtl");
  const given = await readLosses(flags.losses);
  const { budget, alone, serve } = flags;
  const candidates = (): readonly Candidate[] => {
    if (given.kind === "affinity") return affinityCandidates(given.tasks, given.affinity, { alone });
    return flags.higherOrder ? predictHigherOrder(given.networks) : given.networks;
  };
  const tasks = serve ?? given.tasks;
  return { budget, selection: selectNetworks(candidates(), { budget, ...(tasks && { tasks }) }) };
}

async function measured(
  flags: RelationsFlags & { readonly data: readonly string[] },
  signal: AbortSignal,
): Promise<Found | null> {
  const [{ measureTaskRelations, relationsReport }, { affinityCandidates, selectNetworks }, { load }, progress] =
    await Promise.all([
      import("@polypilot/training"),
      import("@polypilot/mtl"),
      import("../learn/load.js"),
      import("../learn/training-progress.js").then(({ trainingProgress }) => trainingProgress()),
    ]);
  const file = await readContract(flags.contract);
  const { seed, epochs, every, batchSize, learningRate, stride, budget, alone, serve, out } = flags;
  await tellBackend();
  const demonstrations = await load(file.contract, flags.data, stride === undefined ? {} : { stride });
  try {
    const found = await measureTaskRelations({
      ...{ contract: file.contract, demonstrations, every, onProgress: progress.tell, signal },
      settings: {
        ...{ seed, epochs },
        ...(batchSize !== undefined && { batchSize }),
        ...(learningRate !== undefined && { learningRate }),
      },
    });
    if (!found) return null;
    const { relations } = found;
    const candidates = affinityCandidates(relations.tasks, relations.affinity, { alone });
    const selection = selectNetworks(candidates, { budget, ...(serve && { tasks: serve }) });
    if (!out) return { relations, budget, selection };
    const groups = await writeGroups(file, selection, out, flags.data);
    const report = join(out, "report.html");
    const commands = groups.map(({ command }) => command);
    await writeFile(report, await relationsReport(file.contract.robot.name, found, { budget, selection, commands }));
    return { relations, budget, selection, groups, report };
  } finally {
    progress.stop();
  }
}

async function relate(flags: RelationsFlags): Promise<void> {
  const { data, losses, json } = flags;
  if ((data === undefined) === (losses === undefined)) {
    throw badInput("relations", {
      expected: "recordings to measure on (--data), or networks to choose from (--losses)",
      found: data ? "both" : "neither",
      todo: "Give one of them",
    });
  }
  const output = createOutput(json === true);
  if (losses !== undefined) return output.result(await solved({ ...flags, losses }), toText);
  const interrupt = listenToInterrupt();
  try {
    const found = await measured({ ...flags, data: data! }, interrupt.signal);
    if (found) return output.result(found, toText);
    process.stderr.write("Stopped; nothing was measured.\n");
    process.exitCode = exitCode.interrupted;
  } finally {
    interrupt.release();
  }
}

/** `polypilot relations`: which tasks help each other, and which to train together. */
export function relationsCommand(): Command {
  return new Command("relations")
    .description(
      "Measures how the tasks help or hurt each other while they train, and proposes which to train together.",
    )
    .option("--data <files...>", "recordings to measure on")
    .option("--contract <file>", "the robot with all its tasks", shipped("contracts/sim-car.yaml"))
    .option("--budget <n>", "networks that may be trained, in full networks; half a one costs 0.5", positive, 2)
    .addOption(
      new Option("--alone <worth>", "of a task in a group of its own: only if it must be, or as good as not being hurt")
        .choices(["last-resort", "neutral"])
        .default("last-resort"),
    )
    .option("--serve <tasks>", "tasks that must be served, as steering; the others only help (default: all)", names)
    .option("--epochs <n>", "passes over the data while measuring", wholeNumber, 5)
    .option("--every <n>", "measure on every n-th step", wholeNumber, 10)
    .option("--seed <n>", "of weights and order", wholeNumber, 1)
    .option("--batch-size <n>", "samples a step", wholeNumber)
    .option("--learning-rate <x>", "highest learning rate", positive)
    .option("--stride <n>", "use every n-th sample", wholeNumber)
    .option("--out <folder>", "write report.html and a contract for each group there")
    .option("--losses <file>", "choose among these networks, in place of measuring: a JSON file, or JSON itself")
    .option("--higher-order", "with --losses of single tasks and pairs: predict all larger groups from the pairs")
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
What comes out: TAG affinities (Fifty et al. 2021: by which share a step for one task lowers another's loss on the same batch),
cosines and conflicts of the gradients, and the division into networks under the budget that serves every task best, found
exactly (Standley et al. 2020). With --out a contract for each group, and what to type to train it.

The file of --losses holds networks with the loss of each task that they answer (null for a task that trains along and is not
answered) and their cost in full networks (default 1):
  { "networks": [ { "name": "both", "losses": { "a": 0.3, "b": 0.2 }, "cost": 1 },
                  { "name": "small", "losses": { "a": 0.4 }, "cost": 0.5 } ], "tasks": ["a", "b"] }
or affinities, row i for a step of task i: { "tasks": ["a", "b"], "affinity": [[0.5, 0.1], [-0.2, 0.4]] }
Every task (or those in tasks, or --serve) is served by the chosen network with its least loss; the sum of losses is least.

Examples
  polypilot relations --data recordings/demonstrations.mcap --stride 4 --budget 2 --out runs/groups
  polypilot relations --losses losses.json --budget 1.5
  polypilot relations --losses pairs.json --higher-order --budget 3 --json

Exit codes: 0 done, 2 wrong option, recording, contract or file, no TensorFlow, or no set of networks within the budget,
130 stopped by Ctrl-C.`,
    )
    .action(relate);
}
