import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A file that ships with Polypilot: found here if the working folder has it, else where Polypilot is. */
export function shipped(path: string): string {
  return existsSync(path) ? path : join(root, path);
}

/** A path as a person in this folder would type it. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" ? "." : near.startsWith("..") ? path : near;
}

/** A name for a new folder under `parent`: the time in UTC, with a number behind it if that is taken. */
export function newFolder(parent: string, now = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let number = 1; ; number += 1) {
    const path = join(parent, number === 1 ? stamp : `${stamp}-${number}`);
    if (!existsSync(path)) return path;
  }
}
