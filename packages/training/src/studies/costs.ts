import { setImmediate } from "node:timers/promises";
import { type Contract, PolypilotError } from "@polypilot/core";
import { architectures, createModel, loadBackend, weightings } from "@polypilot/mtl";
import { lowerMedian } from "../statistics/median.js";
import { BATCH, manyHeads, type Runner, runner } from "./many-heads.js";

/** What is measured: one method with one number of tasks. */
export interface Cost {
  readonly family: "weighting" | "architecture";
  readonly name: string;
  readonly tasks: number;
  /** Processor time of a training step over that of `equal` or `hard` with as many tasks; the median of several rounds. */
  readonly ratio: number;
  /** Lowest and highest ratio among the rounds. */
  readonly spread: readonly [number, number];
}

export interface Costs {
  readonly command: string;
  readonly rounds: number;
  readonly batchSize: number;
  readonly backend: string;
  readonly parameters: number;
  readonly costs: readonly Cost[];
  /** Processor time of a step of `equal` and `hard` over the same with the fewest tasks. */
  readonly growth: readonly { readonly tasks: number; readonly ratio: number }[];
}

export interface CostsOptions {
  readonly command: string;
  readonly tasks?: readonly number[];
  /** Tasks that architectures are measured with. */
  readonly architectureTasks?: readonly number[];
  readonly rounds?: number;
  /** Methods to measure; by default all. */
  readonly names?: readonly string[];
  readonly onProgress?: (done: number, of: number, what: string) => void;
  readonly signal?: AbortSignal;
}

const CAMERA = { width: 40, height: 24 };
/** Steps that are not timed: they compile. */
const WARM_UP = 4;
/** Steps in a row that one timing spans. */
const STEPS = 3;

/** Options of the methods that cannot do without. */
const neededOptions: Readonly<Record<string, (tasks: number) => object>> = {
  constant: (tasks) => ({ weights: Array.from({ length: tasks }, () => 1) }),
};

function contractOf(tasks: number, architecture: string, weighting: string): Contract {
  const weightingOptions = neededOptions[weighting]?.(tasks) ?? {};
  return manyHeads(tasks, { ...CAMERA, architecture, weighting, weightingOptions });
}

/** Processor time of some work, µs. */
export function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Ratios of one model's steps to another's, measured in turn so that the machine's mood strikes both alike. */
function ratios(contract: Contract, baseline: Runner, rounds: number): number[] {
  const measured = runner(contract);
  try {
    measured.run(WARM_UP);
    return Array.from({ length: rounds }, () => {
      const of = cpuOf(() => baseline.run(STEPS));
      return cpuOf(() => measured.run(STEPS)) / of;
    });
  } finally {
    measured.model.dispose();
  }
}

/** The simplest method with each number of tasks: made once, kept warm. */
function baselines() {
  const all = new Map<number, Runner>();
  return {
    of(tasks: number): Runner {
      const known = all.get(tasks);
      if (known) return known;
      const made = runner(contractOf(tasks, "hard", "equal"));
      made.run(WARM_UP);
      all.set(tasks, made);
      return made;
    },
    dispose: () => {
      for (const { model } of all.values()) model.dispose();
    },
  };
}

/** Whether the contract's weighting takes so few tasks: `krum` asks for three. */
function serves(contract: Contract): boolean {
  const model = createModel(contract, { seed: 1 });
  try {
    model.initialWeighting();
    return true;
  } catch (error) {
    if (error instanceof PolypilotError && error.code === "MTL_OPTION") return false;
    throw error;
  } finally {
    model.dispose();
  }
}

/**
 * What a training step costs under each weighting and each sharing architecture, as processor time over that of `equal` and `hard`
 * on the same net in the same run.
 *
 * Steps are compiled, as in training. The net is the camera's default encoder with small regression heads; random batches. Methods that read each task's gradient take
 * one backward pass through the shared part a task, so that their ratio grows with the tasks; those on losses alone stay near 1.
 */
export async function measureCosts(options: CostsOptions): Promise<Costs> {
  const { tasks = [2, 4, 8, 16, 32], architectureTasks = [2, 8], rounds = 5, onProgress, signal } = options;
  const backend = await loadBackend();
  const named = ({ name }: { readonly name: string }) => options.names?.includes(name) ?? true;
  const wanted = [
    ...weightings
      .filter(named)
      .flatMap(({ name }) => tasks.map((t) => ({ family: "weighting" as const, name, tasks: t }))),
    ...architectures
      .filter(named)
      .flatMap(({ name }) => architectureTasks.map((t) => ({ family: "architecture" as const, name, tasks: t }))),
  ];
  const costs: Cost[] = [];
  const base = baselines();
  for (const [done, { family, name, tasks: count }] of wanted.entries()) {
    signal?.throwIfAborted();
    onProgress?.(done, wanted.length, `${name}, ${count} tasks`);
    const contract = family === "weighting" ? contractOf(count, "hard", name) : contractOf(count, name, "equal");
    const found = serves(contract) ? ratios(contract, base.of(count), rounds) : [];
    if (found.length > 0)
      costs.push({
        family,
        name,
        tasks: count,
        ratio: lowerMedian(found),
        spread: [Math.min(...found), Math.max(...found)],
      });
    await setImmediate();
  }
  const smallest = base.of(Math.min(...tasks));
  const growth = tasks.map((t) => ({
    tasks: t,
    ratio: lowerMedian(ratios(contractOf(t, "hard", "equal"), smallest, rounds)),
  }));
  const parameters = smallest.model.parameters.total;
  base.dispose();
  return {
    command: options.command,
    rounds,
    batchSize: BATCH,
    backend: backend.description,
    parameters,
    costs,
    growth,
  };
}
