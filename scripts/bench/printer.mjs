// How benches print: a table as it comes, or one JSON text at the end.
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { readJson, root } from "../setup/places.mjs";

const machine = () => ({
  polypilot: readJson(join(root, "package.json")).version,
  node: process.versions.node,
  system: `${process.platform} ${process.arch}`,
  processor: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
});

const number = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : Number(value.toPrecision(3)).toString();

/** A row of the table: `{ name, value, unit, note }`. */
function rowText({ name, value, unit, note }) {
  return `  ${name.padEnd(58)} ${number(value).padStart(12)} ${unit.padEnd(12)}${note ? `   ${note}` : ""}`.trimEnd();
}

/** Prints the machine, then rows (`report`) and lines between them (`line`); with `json` all of it as one text at `end`. */
export function printer(json) {
  const [rows, lines] = [[], []];
  const about = Object.entries(machine()).map(([key, value]) => `${key} ${value}`);
  if (!json) console.log(`${about.join(", ")}\n`);
  return {
    report: (row) => {
      rows.push(row);
      if (!json) console.log(rowText(row));
    },
    line: (text) => {
      lines.push(text);
      if (!json) console.log(`  ${text}`);
    },
    end: () => {
      if (json) console.log(JSON.stringify({ machine: machine(), lines, rows }, null, 2));
    },
  };
}
