// Rewrites every generated file; with --check it fails if one would change.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateFamilies } from "./generate-families.mjs";
import { generateInterfaces } from "./generate-interfaces.mjs";
import { generateLoops } from "./generate-loops.mjs";
import { generateMessages } from "./generate-messages.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const check = process.argv.includes("--check");
const generated = [generateMessages(), generateInterfaces(), await generateLoops(), ...generateFamilies()];
let stale = 0;
for (const { path, text } of generated) {
  const file = join(root, path);
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (before === text) continue;
  stale += 1;
  if (check) console.error(`${path} is not what pnpm generate writes. Run pnpm generate and commit the result.`);
  else writeFileSync(file, text);
}
console.log(
  check
    ? `generate --check: ${generated.length} files, ${stale} stale`
    : `generate: ${stale} of ${generated.length} files rewritten`,
);
process.exitCode = check && stale > 0 ? 1 : 0;
