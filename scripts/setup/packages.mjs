// pnpm, pinned and brought through npm, and the packages of the lock file.
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { besides, cache, readJson, root, sha256, workspaceFolders } from "./places.mjs";
import { npm, runLogged } from "./run-logged.mjs";
import { say, step } from "./step.mjs";

const pnpmVersion = () => readJson(join(root, "package.json")).config.pnpm;
const pnpmFolder = () => join(cache, `pnpm-${pnpmVersion()}`);
/** pnpm's entry for Node: it finds the native program, which npm may or may not have put in place of the command. */
const pnpmScript = () => join(pnpmFolder(), "node_modules", "pnpm", "bin", "pnpm.mjs");

/** Installs into a temporary folder and renames it: an interrupted set-up leaves nothing half done. */
export async function npmFolder(name, spec, folder) {
  const temporary = besides(folder);
  await npm(name, ["install", "--prefix", temporary, spec]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
}

/** Brings pnpm into the cache unless it is there. */
export async function bringPnpm() {
  const ready = () => existsSync(join(pnpmFolder(), "node_modules", "pnpm", "package.json"));
  if (ready()) return;
  const waiting = () => say("  waiting for another set-up that brings pnpm …");
  await withLock("pnpm", waiting, async () => {
    if (ready()) return;
    await step(`pnpm ${pnpmVersion()}`, () => npmFolder("pnpm", `pnpm@${pnpmVersion()}`, pnpmFolder()));
  });
}

/** Changes whenever `pnpm install` would have something to do. */
export function packagesKey() {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"];
  for (const folder of workspaceFolders()) files.push(join(folder, "package.json"));
  return sha256(pnpmVersion(), ...files.map((file) => readFileSync(join(root, file))));
}

/** Whether the packages of this key are there. */
export const packagesReady = (stamp, key) =>
  stamp.packages === key && existsSync(join(root, "node_modules", ".modules.yaml"));

export async function installPackages() {
  await step("packages", async () => {
    // CI=true: pnpm asks no questions. The native packages' own installers do not run (pnpm-workspace.yaml).
    await runLogged("packages", process.execPath, [pnpmScript(), "install", "--frozen-lockfile"], {
      env: { CI: "true" },
    });
  });
}
