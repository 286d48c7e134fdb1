// Where things are: the clone, and the cache that outlives it.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this clone. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** What set-up downloads and compiles is kept outside the clone, so that the next clone starts at once. */
export const cache =
  process.env.POLYPILOT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "polypilot");

export const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

export const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
};

/**
 * An empty temporary folder beside `folder`, to be renamed to it when all is done. What earlier attempts that were killed left there
 * is removed; the caller holds the lock.
 */
export function besides(folder) {
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${basename(folder)}.`)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const temporary = `${folder}.${process.pid}`;
  mkdirSync(temporary);
  return temporary;
}

/** Folders of the workspace's packages: packages/*, sim and test. */
export function workspaceFolders() {
  const inside = readdirSync(join(root, "packages")).map((name) => join("packages", name));
  return [...inside, "sim", "test"].filter((folder) => existsSync(join(root, folder, "package.json")));
}

/** The path of a program on PATH, or undefined; no process is started. */
export function which(program) {
  const endings = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const path = join(folder, program + ending);
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}
