// Training steps of three nets, in turn in one run: ours as one graph, Keras under tf.function, PyTorch eager and compiled, LibMTL's loop.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { cache } from "../setup/places.mjs";
import { pythonOf } from "./environments.mjs";
import { middle, ratioRow, versionsLine } from "./ratios.mjs";
import { ours, python } from "./run-peer.mjs";

const BENCH = "packages/mtl/dist/compiled/compiled.bench.js";
const MEASURES = { cpuMs: "CPU", wallMs: "wall" };
const TARGET_KERAS = 1.0;
/** On a busy machine PyTorch's threads must sleep while they wait: by default they spin, and a step takes ten times as long. */
const asleep = () => (loadavg()[0] > availableParallelism() ? { OMP_WAIT_POLICY: "PASSIVE" } : {});

/**
 * Ways to do the steps elsewhere: what each needs, and how it is asked. `work` is the folder of our own first steps; `once` is for
 * what takes minutes to begin: it is timed in the first round alone. `measures` are those that mean something; by default both.
 */
const peers = [
  { name: "Keras", needs: "tensorflow", ask: (interpreter, work) => python(interpreter, "keras_steps.py", [work]) },
  {
    name: "PyTorch",
    needs: "pytorch",
    ask: (interpreter, work) => python(interpreter, "torch_steps.py", [work, "eager"], asleep()),
  },
  {
    name: "torch.compile",
    needs: "pytorch",
    once: true,
    measures: ["cpuMs"],
    ask: (interpreter, work) => {
      const kept = { TORCHINDUCTOR_CACHE_DIR: join(cache, "peers-torch-compiled") };
      return python(interpreter, "torch_steps.py", [work, "compile"], kept);
    },
  },
  {
    name: "LibMTL",
    needs: "pytorch",
    ask: (interpreter, work) => python(interpreter, "libmtl_steps.py", [work], asleep()),
  },
];

/** What a peer's other ways took, as with one thread and with two; nothing where it has one way. */
function waysNote(name, rounds, net, key) {
  const ways = rounds.map(([, { nets }]) => nets[net].ways ?? {});
  if (Object.keys(ways[0]).length < 2) return [];
  const times = Object.keys(ways[0]).map((way) => `${way} ${middle(ways.map((own) => own[way][key])).toFixed(1)}`);
  return [`${name} with ${times.join(", with ")} ms`];
}

/**
 * Rows of one peer, for each of its nets.
 *
 * @param rounds - `[ours, the peer's]` of each round, as the programs print them; of a peer's ways the best one counts.
 * @throws Error if the nets have not the same number of parameters.
 */
export function trainingRows(name, rounds, measures = Object.keys(MEASURES)) {
  return Object.keys(rounds[0][1].nets).flatMap((net) => {
    const [mine, theirs] = rounds[0].map(({ nets }) => nets[net]);
    if (mine.parameters !== theirs.parameters)
      throw new Error(`${net} has ${theirs.parameters} parameters in ${name} and ${mine.parameters} here`);
    const difference = theirs.difference === undefined ? [] : [`losses within ${theirs.difference.toExponential(0)}`];
    return measures.map((key) => {
      const pairs = rounds.map((pair) => pair.map(({ nets }) => nets[net][key]));
      const target = name === "Keras" && key === "cpuMs" ? [`target ${TARGET_KERAS.toFixed(1)}`] : [];
      const extra = [...target, ...waysNote(name, rounds, net, key), ...difference];
      return ratioRow(`step, ${net}: ours / ${name}, ${MEASURES[key]}`, pairs, { unit: "ms", extra });
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
  for (const { name, measures } of asked) {
    const answers = rounds.filter(({ theirs }) => theirs[name]).map(({ own, theirs }) => [own, theirs[name]]);
    const failed = answers.find(([, their]) => their.failed)?.[1].failed;
    if (failed) {
      say(`${name}: not timed: ${failed}`);
      continue;
    }
    const [{ versions, peakMiB }] = [answers[0][1]];
    const memory = `peak memory ${peakMiB.toFixed(0)} MiB, ours ${answers[0][0].peakMiB.toFixed(0)}`;
    say(`${name}: ${versionsLine(versions)}; ${memory}`);
    for (const row of trainingRows(name, answers, measures)) report(row);
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
