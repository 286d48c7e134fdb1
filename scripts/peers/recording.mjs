// Recording beside the mcap package of PyPI on the same camera messages; @mcap/core stands in `pnpm bench dataset` itself.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonOf } from "./environments.mjs";
import { ratioRow, versionsLine } from "./ratios.mjs";
import { ours, python } from "./run-peer.mjs";

const BENCH = "packages/dataset/dist/dataset.bench.js";
const WORKS = [
  { size: "160×120", compression: "none" },
  { size: "640×480", compression: "none" },
  { size: "640×480", compression: "zstd" },
];

/**
 * Rows: how much faster we record, by the wall's time and by processor time.
 *
 * @param rounds - `[ours, theirs]` of each round: `{ bytes, seconds, cpuSeconds }`, `bytes` ours alone.
 */
export function recordingRows({ size, compression }, rounds) {
  const clocks = { wall: "seconds", CPU: "cpuSeconds" };
  return Object.entries(clocks).map(([clock, key]) => {
    const pairs = rounds.map((round) => round.map((side) => round[0].bytes / side[key] / 1e6));
    return ratioRow(`record ${size} (${compression}): ours / Python mcap (${clock})`, pairs, {
      unit: clock === "CPU" ? "MB/CPU s (higher is better)" : "MB/s (higher is better)",
      extra: [`files of ${rounds[0].map((side) => `${(side.size / 1e6).toFixed(0)} MB`).join(" and ")}`],
    });
  });
}

export const recording = {
  name: "dataset",
  environments: ["mcap"],
  compare: async ({ rounds, report, say, progress }) => {
    const interpreter = pythonOf("mcap");
    if (!interpreter) return;
    const folder = mkdtempSync(join(tmpdir(), "polypilot-peers-"));
    try {
      const [messages, out] = [join(folder, "messages"), join(folder, "peer.mcap")];
      const rows = [];
      let versions = {};
      for (const work of WORKS) {
        const { frames } = await ours(BENCH, "writeMessages", [work.size, work.compression, messages]);
        const done = [];
        for (let i = 1; i <= rounds; i += 1) {
          progress(`recording ${work.size}, round ${i} of ${rounds}`);
          const own = await ours(BENCH, "recordOnce", [work.size, work.compression]);
          done.push([own, await python(interpreter, "mcap_write.py", [messages, out, frames, work.compression])]);
        }
        versions = done[0][1].versions;
        rows.push(...recordingRows(work, done));
      }
      say(
        `PyPI's mcap writer: ${versionsLine(versions)}; it is given CDR, we encode the messages and start a thread; both with all checksums; ${rounds} rounds in turn`,
      );
      for (const row of rows) report(row);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
