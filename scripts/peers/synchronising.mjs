// The synchroniser beside message_filters' in Python (a port without rclpy, scripts/peers/message_filters.py) on the same arrivals.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { which } from "../setup/places.mjs";
import { ratioRow, versionsLine } from "./ratios.mjs";
import { ours, python } from "./run-peer.mjs";

const BENCH = "packages/streams/dist/streams.bench.js";
const CLASSES = { approximate: "ApproximateTimeSynchronizer", exact: "TimeSynchronizer" };

/**
 * A row for each policy: sets a second of processor time, ours and theirs, and whether both found as many.
 *
 * @param rounds - `[ours, theirs]` of each round: `{ policies: { policy: { sets, seconds } } }`.
 */
export function synchroniserRows(rounds) {
  return Object.entries(CLASSES).map(([policy, peer]) => {
    const of = (side) => side.policies[policy];
    const pairs = rounds.map((round) => round.map((side) => of(side).sets / of(side).seconds / 1000));
    const [own, theirs] = rounds[0].map((side) => of(side).sets);
    const count = own === theirs ? `${own} sets each` : `NOT THE SAME: ${own} sets here, ${theirs} there`;
    return ratioRow(`synchronise ${policy}: ours / ${peer}`, pairs, {
      unit: "k sets/s (higher is better)",
      extra: [count],
    });
  });
}

export const synchronising = {
  name: "streams",
  environments: [],
  compare: async ({ rounds, report, say, progress }) => {
    if (!which("python3")) return say("message_filters: not timed: there is no python3");
    const work = mkdtempSync(join(tmpdir(), "polypilot-peers-"));
    try {
      const file = join(work, "arrivals.json");
      await ours(BENCH, "writeArrivals", [file]);
      const done = [];
      for (let i = 1; i <= rounds; i += 1) {
        progress(`synchroniser, round ${i} of ${rounds}`);
        done.push([await ours(BENCH, "peerPolicies"), await python("python3", "synchronise.py", [file])]);
      }
      say(
        `message_filters' Python synchronisers, ported without rclpy: ${versionsLine(done[0][1].versions)}, Node ${process.versions.node}; 3 streams, ${rounds} rounds in turn`,
      );
      for (const row of synchroniserRows(done)) report(row);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
};
