// pnpm bench:peers: times Polypilot beside other programs on the same work, in turn in one run, and prints ratios.
import { parseArgs } from "node:util";
import { printer } from "./bench/printer.mjs";
import { comparePeers, comparisons } from "./peers/compare.mjs";
import { installPeers } from "./peers/install.mjs";
import { StepError } from "./setup/run-logged.mjs";
import { say } from "./setup/step.mjs";
import { guarded, setup } from "./setup.mjs";

const help = `pnpm bench:peers [WORD …] [--install] [--rounds 3] [--json]

Times the same work here and in other programs, and prints how they compare: ${comparisons.map(({ name }) => name).join(", ")} (a word
chooses). Peers come from the Python package index into environments of their own in the cache (POLYPILOT_CACHE names another) at the
first run; one that was interrupted goes on where it was. --install installs them and ends. POLYPILOT_PYTHON names a Python.

  pnpm bench:peers --install
  pnpm bench:peers training --rounds 5`;

function readOptions() {
  try {
    const options = {
      install: { type: "boolean" },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (!/^[1-9]\d?$/.test(values.rounds)) throw new Error(`--rounds is from 1 to 99. Found ${values.rounds}`);
    const unknown = positionals.find((word) => !comparisons.some(({ name }) => `peers/${name}`.includes(word)));
    if (unknown) throw new Error(`no comparison is called ${unknown}`);
    return { ...values, rounds: Number(values.rounds), words: positionals };
  } catch (error) {
    say(`[bench] [peers] ${error.message}\n\n${help}`);
    return process.exit(2);
  }
}

const { words, rounds, install, json, help: wantsHelp } = readOptions();
if (wantsHelp) {
  console.log(help);
  process.exit();
}
await guarded(async () => {
  const chosen = comparisons.filter(({ name }) => words.every((word) => `peers/${name}`.includes(word)));
  const left = await installPeers(install ? undefined : chosen.flatMap(({ environments }) => environments));
  if (install) {
    if (left.length > 0) throw new StepError(`Not installed: ${left.join(", ")}`);
    return say("Ready: pnpm bench:peers, or pnpm bench for all.");
  }
  await setup();
  const { report, line, end } = printer(json);
  if ((await comparePeers(words, { rounds, report, say: line })) > 0) process.exitCode = 1;
  return end();
});
process.exit();
