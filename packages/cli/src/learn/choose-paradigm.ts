import type { Contract } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";
import type { Checkpoint } from "@polypilot/mtl";
import type { Paradigm, TaskData, TrainOptions, TransferOptions } from "@polypilot/training";
import { badInput } from "../bad-input.js";
import type { ParadigmFlags } from "./paradigm-flags.js";

/** What the flags ask of `train`. */
export type Chosen = Pick<TrainOptions, "from" | "fromName" | "paradigm" | "earlier">;

const kinds = ["transfer", "continual", "curriculum", "fewShot", "meta"] as const;
const typed = (kind: string) => `--${kind.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

function refuse(expected: string, found: string, todo: string): never {
  throw badInput("train", { expected, found, todo });
}

/** Flags that mean something only beside another one. */
const belongs: readonly (readonly [keyof ParadigmFlags, (flags: ParadigmFlags) => boolean, string])[] = [
  ["freeze", ({ transfer }) => transfer === "partial", "--transfer partial"],
  ["oldData", ({ continual }) => continual === "ewc" || continual === "replay", "--continual ewc or replay"],
  ["tournaments", ({ continual }) => continual === "pathnet", "--continual pathnet"],
  ["strength", ({ continual }) => continual === "ewc", "--continual ewc"],
  ["memory", ({ continual }) => continual === "replay", "--continual replay"],
  ["order", ({ curriculum }) => curriculum === "order", "--curriculum order"],
  ["delta", ({ curriculum }) => curriculum === "order", "--curriculum order"],
  ["difficulty", ({ curriculum }) => curriculum === "competence", "--curriculum competence"],
  ["fit", ({ fewShot }) => fewShot !== undefined, "--few-shot"],
  ["innerSteps", ({ meta }) => meta !== undefined, "--meta"],
  ["innerRate", ({ meta }) => meta !== undefined, "--meta"],
];

/** Checks how the flags go together, before anything is read. @throws PolypilotError `CLI_INPUT` */
export function checkParadigmFlags(flags: ParadigmFlags): void {
  const asked = kinds.filter((kind) => flags[kind] !== undefined);
  if (asked.length > 1) refuse("one way to learn a run", asked.map(typed).join(", "), "Choose one");
  for (const [flag, fits, with_] of belongs) {
    if (flags[flag] !== undefined && !fits(flags)) refuse(`${typed(flag)} beside ${with_}`, "it alone", "Leave it out");
  }
  const needs = (condition: boolean, what: string, for_: string) => {
    if (condition) refuse(`${what} with ${for_}`, "none", "Add it");
  };
  const old = flags.transfer ?? (flags.continual === "pathnet" ? undefined : flags.continual) ?? flags.fewShot;
  needs(old !== undefined && flags.from === undefined, "--from CHECKPOINT", asked.map(typed).join());
  needs(flags.transfer === "partial" && !flags.freeze, "--freeze LAYERS", "--transfer partial");
  needs(
    (flags.continual === "ewc" || flags.continual === "replay") && !flags.oldData,
    "--old-data FILES",
    `--continual ${flags.continual}`,
  );
  needs(flags.curriculum === "order" && !flags.order, "--order HEADS", "--curriculum order");
  needs(
    flags.curriculum === "competence" && !flags.difficulty,
    "--difficulty CHECKPOINT or HEAD",
    "--curriculum competence",
  );
}

/** The heads that are new to a checkpoint, which few-shot and adapters train. */
function newHeads(contract: Contract, checkpoint: Checkpoint): readonly string[] {
  const fresh = Object.keys(contract.heads).filter((head) => !checkpoint.card.heads.all.includes(head));
  if (fresh.length > 0) return fresh;
  return refuse(
    "a contract with a head that the checkpoint lacks",
    `${Object.keys(contract.heads).join(", ")} in both`,
    "Add the new head to a copy of the checkpoint's contract.yaml",
  );
}

type Training = typeof import("@polypilot/training");

const everything = (demonstrations: Demonstrations): TaskData => ({
  demonstrations,
  indices: Array.from({ length: demonstrations.size }, (_, i) => i),
});

function transferOf({ transfer, freeze = [] }: ParadigmFlags): TransferOptions {
  if (transfer === "partial") return { mode: "partial", freeze };
  if (transfer === "lp-ft") return { mode: "heads", probe: 0.5 };
  return { mode: transfer! };
}

/** Difficulty by a head's label, or by the loss of a trained model, which stays in memory until the program ends. */
async function difficultyOf(training: Training, what: string, contract: Contract) {
  if (contract.heads[what]) return training.labelDifficulty(what);
  const { createModel, loadBackend, readCheckpoint } = await import("@polypilot/mtl");
  const checkpoint = await readCheckpoint(what);
  await loadBackend();
  const first = createModel(checkpoint.contract, { seed: 0 });
  first.setWeights(checkpoint.weights());
  return training.lossDifficulty(first);
}

async function paradigmOf(
  flags: ParadigmFlags,
  training: Training,
  given: { contract: Contract; seed: number; fresh: readonly string[]; old: Demonstrations | null },
): Promise<Paradigm | undefined> {
  const { contract, seed, fresh, old } = given;
  if (flags.transfer) return training.transfer(transferOf(flags));
  if (flags.continual === "ewc") return training.ewc(flags.strength === undefined ? {} : { strength: flags.strength });
  if (flags.continual === "replay")
    return training.replay({ sources: [old!], ...(flags.memory !== undefined && { capacity: flags.memory }) });
  if (flags.continual === "adapters") return training.adaptersOnly(fresh);
  // A path may be of frozen modules alone.
  if (flags.continual === "pathnet") return training.adaptersOnly(fresh, false);
  if (flags.curriculum === "order") {
    const stages = flags.order!.map((head) => [head]);
    return training.taskOrder({ stages, ...(flags.delta !== undefined && { delta: flags.delta }) });
  }
  if (flags.curriculum === "competence")
    return training.competenceCurriculum({ difficulty: await difficultyOf(training, flags.difficulty!, contract) });
  if (flags.fewShot !== undefined) {
    const [head, ...others] = fresh;
    if (others.length > 0)
      refuse("one head that the checkpoint lacks", fresh.join(", "), "Add them one after the other");
    return training.fewShot({ head: head!, shots: flags.fewShot, seed, ...(flags.fit && { by: flags.fit }) });
  }
  if (!flags.meta) return undefined;
  const { innerSteps, innerRate } = flags;
  const inner = { ...(innerSteps !== undefined && { innerSteps }), ...(innerRate !== undefined && { innerRate }) };
  return training.metaLearning({ algorithm: flags.meta, ...inner });
}

/**
 * What the flags ask of `train`: weights to start from, a paradigm, and what those weights were trained on.
 *
 * @param load - reads recordings by the contract; heads that they need not have labels of are named.
 * @throws PolypilotError `CLI_INPUT`, `MTL_CHECKPOINT`, and what loading throws.
 */
export async function chooseParadigm(
  flags: ParadigmFlags,
  given: {
    readonly contract: Contract;
    readonly seed: number;
    readonly load: (paths: readonly string[]) => Promise<Demonstrations>;
  },
): Promise<Chosen> {
  const [training, { readCheckpoint }] = await Promise.all([import("@polypilot/training"), import("@polypilot/mtl")]);
  const { contract, seed, load } = given;
  const checkpoint = flags.from === undefined ? null : await readCheckpoint(flags.from);
  const needsFresh = flags.fewShot !== undefined || flags.continual === "adapters" || flags.continual === "pathnet";
  const fresh = !needsFresh ? [] : checkpoint ? newHeads(contract, checkpoint) : Object.keys(contract.heads);
  if (flags.continual === "pathnet" && fresh.length > 1)
    refuse("one new head at a time for a path", fresh.join(", "), "Add them one after the other, or use --heads");
  const old = flags.oldData ? await load(flags.oldData) : null;
  const paradigm = await paradigmOf(flags, training, { contract, seed, fresh, old });
  return {
    ...(checkpoint && { from: checkpoint.weights(), fromName: flags.from! }),
    ...(paradigm && { paradigm }),
    ...(old && { earlier: [everything(old)] }),
  };
}
