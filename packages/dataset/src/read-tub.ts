import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PolypilotError } from "@polypilot/core";
import { z } from "zod";

/** One record of a tub. */
export interface TubRecord {
  readonly index: number;
  /** Name of the image within the tub's folder images. */
  readonly image: string;
  /** −1 is full left, 1 is full right, as Donkeycar has it; undefined where a pilot drove, and not a person. */
  readonly angle: number | undefined;
  /** −1 … 1, without a unit. */
  readonly throttle: number | undefined;
}

export interface Tub {
  /** In the order of their indexes, without the deleted ones. */
  readonly records: readonly TubRecord[];
  readonly deleted: number;
  /** `catalog:line` of each line that is no record. */
  readonly brokenLines: readonly string[];
}

const manifestSchema = z.object({ paths: z.array(z.string()), deleted_indexes: z.array(z.int()).default([]) });
const recordSchema = z.object({
  _index: z.int().min(0),
  "cam/image_array": z.string().min(1),
  "user/angle": z.number().min(-1).max(1).optional(),
  "user/throttle": z.number().min(-1).max(1).optional(),
  "user/mode": z.string().default("user"),
});

/**
 * The records of a Donkeycar tub, version 2: a manifest.json of one JSON value a line, catalogs of one record a line, images.
 *
 * @throws PolypilotError `DATASET_TUB` if there is no manifest or a catalog is missing.
 */
export async function readTub(folder: string): Promise<Tub> {
  const manifest = parseManifest(folder, await readLines(folder, "manifest.json"));
  const deleted = new Set(manifest.deleted_indexes);
  const records: TubRecord[] = [];
  const brokenLines: string[] = [];
  for (const path of manifest.paths) {
    for (const [number, line] of (await readLines(folder, path)).entries()) {
      if (line.trim() === "") continue;
      const record = parseRecord(line);
      if (record) records.push(record);
      else brokenLines.push(`${path}:${number + 1}`);
    }
  }
  records.sort((a, b) => a.index - b.index);
  const kept = records.filter(({ index }) => !deleted.has(index));
  return { records: kept, deleted: records.length - kept.length, brokenLines };
}

async function readLines(folder: string, name: string): Promise<string[]> {
  try {
    return (await readFile(join(folder, name), "utf8")).split("\n");
  } catch (cause) {
    throw tubError(folder, `there is a file ${name}`, (cause as { code?: string }).code ?? String(cause), cause);
  }
}

function parseManifest(folder: string, lines: readonly string[]) {
  for (const line of lines) {
    const parsed = manifestSchema.safeParse(parseJson(line));
    if (parsed.success) return parsed.data;
  }
  throw tubError(
    folder,
    "manifest.json names the catalogs on a line of its own",
    `${lines.length} lines without paths`,
  );
}

function parseRecord(line: string): TubRecord | undefined {
  const parsed = recordSchema.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const { _index: index, "cam/image_array": image, "user/mode": mode } = parsed.data;
  const byPerson = mode === "user";
  return {
    index,
    image,
    angle: byPerson ? parsed.data["user/angle"] : undefined,
    throttle: byPerson ? parsed.data["user/throttle"] : undefined,
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function tubError(folder: string, expected: string, found: string, cause?: unknown): PolypilotError {
  const todo = "Give the folder of a Donkeycar tub of version 2 (Donkeycar 4 or later)";
  return new PolypilotError("DATASET_TUB", ["dataset", `tub ${folder}`], { expected, found, todo }, { cause });
}
