// Serving: our whole path from decoded message to command beside onnxruntime's bare inference of the same file in Python.
import { pythonOf } from "./environments.mjs";
import { middle, ratioRow, versionsLine } from "./ratios.mjs";
import { ours, python } from "./run-peer.mjs";

const BENCH = "packages/control/dist/serving.bench.js";
const ROUNDS_OF_INFERENCE = 300;
const TARGET = { times: 1.3, plusMs: 1 };

/**
 * Rows: the bare inferences beside each other, and each whole path with its target.
 *
 * @param rounds - `{ own: { bareMs, pathsMs: { size: ms } }, one: { p50Ms }, many: { p50Ms } }`: Python with one thread, and with as
 *   many as the library chooses; the faster of both counts.
 */
export function servingRows(rounds) {
  const best = ({ one, many }) => Math.min(one.p50Ms, many.p50Ms);
  const bare = rounds.map((round) => [round.own.bareMs, best(round)]);
  const threads = `Python with 1 thread ${middle(rounds.map(({ one }) => one.p50Ms)).toFixed(3)}, with its own choice ${middle(rounds.map(({ many }) => many.p50Ms)).toFixed(3)} ms`;
  const rows = [
    ratioRow("serving: bare inference, ours / onnxruntime in Python", bare, { unit: "ms p50", extra: [threads] }),
  ];
  for (const size of Object.keys(rounds[0].own.pathsMs)) {
    const paths = rounds.map(({ own }) => own.pathsMs[size]);
    const limits = rounds.map((round) => TARGET.times * best(round) + TARGET.plusMs);
    const met = paths.filter((path, i) => path <= limits[i]).length;
    const note = `p50, ${Math.min(...paths).toFixed(2)} to ${Math.max(...paths).toFixed(2)}; target ${TARGET.times} × onnxruntime in Python + ${TARGET.plusMs} ms: ${middle(limits).toFixed(2)}, met in ${met} of ${rounds.length} rounds`;
    rows.push({ name: `serving: image ${size} to command`, value: middle(paths), unit: "ms", note });
  }
  return rows;
}

export const serving = {
  name: "serving",
  environments: ["onnxruntime"],
  compare: async ({ rounds, report, say, progress }) => {
    const interpreter = pythonOf("onnxruntime");
    if (!interpreter) return;
    const done = [];
    for (let i = 1; i <= rounds; i += 1) {
      const at = `serving, round ${i} of ${rounds}`;
      progress(`${at}: ours`);
      const own = await ours(BENCH, "servingPaths");
      progress(`${at}: onnxruntime in Python`);
      const ask = (threads) =>
        python(interpreter, "onnxruntime_inference.py", [own.model, threads, ROUNDS_OF_INFERENCE]);
      done.push({ own, one: await ask(1), many: await ask(0) });
    }
    say(
      `onnxruntime in Python: ${versionsLine(done[0].one.versions)}; ours: ${done[0].own.runtime}; ${rounds} rounds in turn`,
    );
    for (const row of servingRows(done)) report(row);
  },
};
