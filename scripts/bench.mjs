// pnpm bench: runs every *.bench.ts, then what is held against other programs where those are installed, and prints one table. Each
// such file exports
//   async function bench(report: (row: { name: string; value: number; unit: string; note?: string }) => void): Promise<void>
// Arguments: words that a bench's path must contain (those of the comparisons are peers/…); --json prints the rows as JSON.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { printer } from "./bench/printer.mjs";
import { comparePeers } from "./peers/compare.mjs";
import { root, workspaceFolders } from "./setup/places.mjs";
import { guarded, setup } from "./setup.mjs";

const PEER_ROUNDS = 3;
const json = process.argv.includes("--json");
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));

function benches() {
  const files = workspaceFolders().flatMap((folder) => {
    const source = join(root, folder, "src");
    if (!existsSync(source)) return [];
    const inside = readdirSync(source, { recursive: true }).filter((file) => file.endsWith(".bench.ts"));
    return inside.map((file) => join(folder, "dist", file.replace(/\.ts$/, ".js")));
  });
  return files.filter((file) => words.every((word) => file.includes(word))).sort();
}

await guarded(() => setup());
const { report, line, end } = printer(json);
for (const file of benches()) {
  const { bench } = await import(pathToFileURL(join(root, file)).href);
  try {
    await bench((row) => report({ bench: file, ...row }));
  } catch (error) {
    console.error(`  ${file}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
if ((await comparePeers(words, { rounds: PEER_ROUNDS, report, say: line })) > 0) process.exitCode = 1;
end();
process.exit();
