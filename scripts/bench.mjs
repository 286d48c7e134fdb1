// pnpm bench: runs every *.bench.ts and prints one table. Each such file exports
//   async function bench(report: (row: { name: string; value: number; unit: string; note?: string }) => void): Promise<void>
// Arguments: words that a bench's path must contain; --json prints the rows as JSON.
import { existsSync, readdirSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readJson, root, workspaceFolders } from "./setup/places.mjs";
import { guarded, setup } from "./setup.mjs";

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

const machine = {
  polypilot: readJson(join(root, "package.json")).version,
  node: process.versions.node,
  system: `${process.platform} ${process.arch}`,
  processor: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
};
const number = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : Number(value.toPrecision(3)).toString();
const print = (row) => {
  const note = row.note ? `   ${row.note}` : "";
  if (!json)
    console.log(`  ${row.name.padEnd(46)} ${number(row.value).padStart(12)} ${row.unit.padEnd(12)}${note}`.trimEnd());
};

await guarded(() => setup());
if (!json)
  console.log(
    `${Object.entries(machine)
      .map(([key, value]) => `${key} ${value}`)
      .join(", ")}\n`,
  );
const rows = [];
for (const file of benches()) {
  const { bench } = await import(pathToFileURL(join(root, file)).href);
  try {
    await bench((row) => {
      rows.push({ bench: file, ...row });
      print(row);
    });
  } catch (error) {
    console.error(`  ${file}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
if (json) console.log(JSON.stringify({ machine, rows }, null, 2));
process.exit();
