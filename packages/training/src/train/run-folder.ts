import { createHash } from "node:crypto";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { PolypilotError } from "@polypilot/core";
import type { Demonstrations, Split } from "@polypilot/dataset";
import type { MultiTaskModel } from "@polypilot/mtl";
import { firstState, loadRun, type RunState, saveRun } from "./run-state.js";
import type { TrainSettings } from "./train-options.js";

/** What a run is made from; a resumed run must be made from the same. */
export type Identity = Readonly<Record<string, unknown>>;

/** A run's folder, opened. */
export interface RunFolder {
  /** Where the run stands; the model has its weights and optimiser. */
  readonly state: RunState;
  readonly resumed: boolean;
  readonly save: (state: RunState) => Promise<void>;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Contract, data, split and settings in words that can be compared. */
export function identityOf(
  contractText: string,
  demonstrations: Demonstrations,
  split: Pick<Split, "train" | "validation">,
  settings: TrainSettings,
): Identity {
  const episodes = demonstrations.episodes.map((e) => [e.id, e.count, String(e.start), String(e.end)]);
  return {
    contract: sha256(contractText),
    demonstrations: sha256(JSON.stringify(episodes)),
    "validation episodes": split.validation.episodes.join(", "),
    "training episodes": split.train.episodes.length,
    ...settings,
  };
}

function refuse(out: string, expected: string, found: string, todo: string): never {
  throw new PolypilotError("TRAINING_FOLDER", ["training", `folder ${out}`], { expected, found, todo });
}

/** @throws PolypilotError `TRAINING_FOLDER` naming what differs. */
export function checkIdentity(out: string, before: Identity, now: Identity): void {
  const keys = [...new Set([...Object.keys(now), ...Object.keys(before)])];
  const different = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
  if (different.length === 0) return;
  const say = (values: Identity) =>
    different
      .map(
        (key) =>
          `${key} ${String(typeof values[key] === "object" ? JSON.stringify(values[key]) : values[key]).slice(0, 60)}`,
      )
      .join(", ");
  refuse(
    out,
    `the run is gone on with as it was begun: ${say(before)}`,
    say(now),
    "Use the same contract, recordings and options, or another folder for a new run",
  );
}

/**
 * The path of a run's state in its folder, which is made for a new run.
 *
 * @param file - the name of the state in `out/.state`, by which a run is known.
 * @throws PolypilotError `TRAINING_FOLDER` if a new run would overwrite anything, or if there is nothing to resume.
 */
export async function claimFolder(out: string, resume: boolean, file: string): Promise<string> {
  const path = join(out, ".state", file);
  const info = await stat(out).catch(() => undefined);
  if (info && !info.isDirectory()) refuse(out, "a folder", "a file", "Choose another name");
  const entries = await readdir(out).catch((): string[] => []);
  const begun = entries.includes(".state") && (await readdir(join(out, ".state"))).includes(file);
  if (resume && !begun) refuse(out, "there is a run to go on with", "none", "Leave out resume to begin one");
  if (resume) return path;
  if (begun) refuse(out, "the folder is empty", "another run", "Resume it, or choose another folder");
  if (entries.length > 0) {
    const some = entries.slice(0, 3).join(", ");
    refuse(out, "the folder is empty or does not exist yet", some, "Choose another folder");
  }
  await mkdir(out, { recursive: true });
  return path;
}

/**
 * Opens a folder for a new run, or the run in it to go on with.
 *
 * @throws PolypilotError `TRAINING_FOLDER` if a new run would overwrite anything, if there is nothing to resume, or if the run
 *   to resume was begun with another contract, other data or other settings.
 */
export async function openRunFolder(
  out: string,
  resume: boolean,
  identity: Identity,
  model: MultiTaskModel,
): Promise<RunFolder> {
  const path = await claimFolder(out, resume, "run.bin");
  const save = (state: RunState) => saveRun(path, identity, model, state);
  if (!resume) return { state: firstState(model), resumed: false, save };
  const found = await loadRun(path);
  checkIdentity(out, found.identity, identity);
  found.restore(model);
  return { state: found.state, resumed: true, save };
}
