// tsc -b, when a source has changed since the last time.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root, sha256, workspaceFolders } from "./places.mjs";
import { runLogged } from "./run-logged.mjs";
import { step } from "./step.mjs";

/** Changes whenever a source or a tsconfig does: their names, sizes and times. */
export function sourcesKey() {
  const parts = [];
  const add = (path) => {
    const { mtimeMs, size } = statSync(join(root, path));
    parts.push(`${path} ${mtimeMs} ${size}`);
  };
  add("tsconfig.base.json");
  for (const folder of workspaceFolders()) {
    add(join(folder, "tsconfig.json"));
    const source = join(root, folder, "src");
    if (!existsSync(source)) continue;
    for (const file of readdirSync(source, { recursive: true })) {
      if (file.endsWith(".ts") || file.endsWith(".json")) add(join(folder, "src", file));
    }
  }
  return sha256(...parts.sort());
}

/** Whether what was built from these sources is there. */
export const buildReady = (stamp, key) =>
  stamp.sources === key && workspaceFolders().every((folder) => existsSync(join(root, folder, "dist", "index.js")));

export async function build() {
  await step("build (tsc -b)", async () => {
    await runLogged("build", process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
  });
}
