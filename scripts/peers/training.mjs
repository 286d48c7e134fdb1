// Training steps of three nets, in turn in one run: ours as one graph, Keras under tf.function, PyTorch eager and compiled, LibMTL's loop.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { cache } from "../setup/places.mjs";
import { pythonOf } from "./environments.mjs";
import { ratioRow, versionsLine } from "./ratios.mjs";
import { ours, python } from "./run-peer.mjs";

const BENCH = "packages/mtl/dist/compiled/compiled.bench.js";
const MEASURES = [
  ["cpuMs", "CPU"],
  ["wallMs", "wall"],
];
const TARGET_KERAS = 1.0;
/** PyTorch's threads sleep while they wait: by default they spin, which is counted as processor time and starves on a busy machine. */
const ASLEEP = { OMP_WAIT_POLICY: "PASSIVE" };

/**
 * Ways to do the steps elsewhere: what each needs, and how it is asked. `work` is the folder of our own first steps; `once` is for
 * what takes minutes to begin: it is timed in the first round alone.
 */
const peers = [
  { name: "Keras", needs: "tensorflow", ask: (interpreter, work) => python(interpreter, "keras_steps.py", [work]) },
  {
    name: "PyTorch",
    needs: "pytorch",
    ask: (interpreter, work) => python(interpreter, "torch_steps.py", [work, "eager"], ASLEEP),
  },
  {
    name: "torch.compile",
    needs: "pytorch",
    once: true,
    ask: (interpreter, work) => {
      const kept = { ...ASLEEP, TORCHINDUCTOR_CACHE_DIR: join(cache, "peers-torch-compiled") };
      return python(interpreter, "torch_steps.py", [work, "compile"], kept);
    },
  },
  {
    name: "LibMTL",
    needs: "pytorch",
    ask: (interpreter, work) => python(interpreter, "libmtl_steps.py", [work], ASLEEP),
  },
];

/**
 * Rows of one peer, for each of its nets.
 *
 * @param rounds - `[ours, the peer's]` of each round, as the programs print them.
 * @throws Error if the nets have not the same number of parameters.
 */
export function trainingRows(name, rounds) {
  return Object.keys(rounds[0][1].nets).flatMap((net) => {
    const [mine, theirs] = rounds[0].map(({ nets }) => nets[net]);
    if (mine.parameters !== theirs.parameters)
      throw new Error(`${net} has ${theirs.parameters} parameters in ${name} and ${mine.parameters} here`);
    const difference = theirs.difference === undefined ? [] : [`losses within ${theirs.difference.toExponential(0)}`];
    return MEASURES.map(([key, unit]) => {
      const pairs = rounds.map((pair) => pair.map(({ nets }) => nets[net][key]));
      const target = name === "Keras" && key === "cpuMs" ? [`target ${TARGET_KERAS.toFixed(1)}`] : [];
      return ratioRow(`step, ${net}: ours / ${name}, ${unit}`, pairs, {
        unit: "ms",
        extra: [...target, ...difference],
      });
    });
  });
}

async function round(asked, work, progress) {
  progress("ours");
  const own = await ours(BENCH, "compiledSteps");
  const theirs = {};
  for (const { name, needs, ask } of asked) {
    progress(name);
    theirs[name] = await ask(pythonOf(needs), work).catch((error) => ({ failed: error.message }));
  }
  return { own, theirs };
}

function tell(rounds, asked, { report, say }) {
  for (const { name } of asked) {
    const answers = rounds.filter(({ theirs }) => theirs[name]).map(({ own, theirs }) => [own, theirs[name]]);
    const failed = answers.find(([, their]) => their.failed)?.[1].failed;
    if (failed) {
      say(`${name}: not timed: ${failed}`);
      continue;
    }
    const [{ versions, peakMiB }] = [answers[0][1]];
    const memory = `peak memory ${peakMiB.toFixed(0)} MiB, ours ${answers[0][0].peakMiB.toFixed(0)}`;
    say(`${name}: ${versionsLine(versions)}; ${memory}`);
    for (const row of trainingRows(name, answers)) report(row);
  }
}

export const training = {
  name: "training",
  environments: ["tensorflow", "pytorch"],
  compare: async ({ rounds, report, say, progress }) => {
    const asked = peers.filter(({ needs }) => pythonOf(needs));
    if (asked.length === 0) return;
    const work = mkdtempSync(join(tmpdir(), "polypilot-peers-"));
    try {
      say(`Steps of training, batch 16, float32, ${availableParallelism()} threads each, ${rounds} rounds in turn`);
      await ours(BENCH, "writeSteps", [work]);
      const done = [];
      for (let i = 1; i <= rounds; i += 1) {
        const now = asked.filter(({ once }) => i === 1 || !once);
        done.push(await round(now, work, (who) => progress(`training, round ${i} of ${rounds}: ${who}`)));
      }
      tell(done, asked, { report, say });
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
};
