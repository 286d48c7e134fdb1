// All comparisons with other programs. A new one is one more module with `{ name, environments, compare }` in the list.
import { described, missing } from "./environments.mjs";
import { recording } from "./recording.mjs";
import { serving } from "./serving.mjs";
import { synchronising } from "./synchronising.mjs";
import { training } from "./training.mjs";

export const comparisons = [training, serving, synchronising, recording];

/** Of the environments that are missing, what to say; undefined where none is. */
export function howToInstall(absent) {
  if (absent.length === 0) return undefined;
  return `Peers that are not installed are left out. To install them: pnpm bench:peers --install (${described(absent)}).`;
}

/** Shows on a terminal what is being timed; the line is gone when a row is printed. */
function live() {
  if (!process.stderr.isTTY) return { progress: () => {}, clear: () => {} };
  return {
    progress: (what) => process.stderr.write(`\r\x1b[2K  ${what} …`),
    clear: () => process.stderr.write("\r\x1b[2K"),
  };
}

/**
 * Runs comparisons whose name, as `peers/NAME`, holds all words, with the peers that are installed.
 *
 * @param options - `rounds`; `report` takes a row, `say` a line. One that fails is told, and the rest goes on.
 * @returns how many failed.
 */
export async function comparePeers(words, { rounds, report, say }) {
  const { progress, clear } = live();
  let failed = 0;
  const chosen = comparisons.filter(({ name }) => words.every((word) => `peers/${name}`.includes(word)));
  for (const { name, compare } of chosen) {
    const cleared = (tell) => (what) => {
      clear();
      tell(what);
    };
    const told = (row) => report({ bench: `peers/${name}`, ...row });
    try {
      await compare({ rounds, report: cleared(told), say: cleared(say), progress });
    } catch (error) {
      failed += 1;
      cleared(say)(`peers/${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const needed = chosen.flatMap(({ environments }) => environments);
  const how = howToInstall(missing().filter((name) => needed.includes(name)));
  if (how) say(how);
  return failed;
}
