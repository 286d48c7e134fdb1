import { writeFile } from "node:fs/promises";
import { from } from "rxjs";
import type { StreamSample } from "./stream-sample.js";
import { synchronise } from "./synchronise.js";
import type { Alignment } from "./synchronise-options.js";

const MS = 1_000_000n;

/** Camera at 30 Hz, lidar at 10 Hz and joints at 50 Hz for so many seconds, in order of stamp. */
function recording(seconds: number): StreamSample<number>[] {
  const rates = { camera: 30, lidar: 10, joints: 50 };
  const samples = Object.entries(rates).flatMap(([stream, hz]) =>
    Array.from({ length: seconds * hz }, (_, i) => {
      const stampNs = BigInt(Math.round((i * 1e9) / hz)) + (stream === "camera" ? 0n : 3n * MS);
      return { stream, stampNs, receivedNs: stampNs, value: i };
    }),
  );
  return samples.sort((a, b) => (a.stampNs < b.stampNs ? -1 : 1));
}

type Policy = Alignment["policy"];

const SECONDS = 2000;
const streams = ["camera", "lidar", "joints"];
const TOLERANCE_NS = 150n * MS;
/** As many as `synchronise` keeps by default. */
const QUEUE_SIZE = 10;

/** What arrives, and when: for `exact` a sample of each stream at each stamp of the camera. */
function arrivals(policy: Policy): StreamSample<number>[] {
  const samples = recording(SECONDS);
  if (policy !== "exact") return samples;
  const same = samples.filter(({ stream }) => stream === "camera");
  return same.flatMap((sample) => streams.map((stream) => ({ ...sample, stream })));
}

interface Synchronised {
  readonly sets: number;
  /** Of processor time. */
  readonly seconds: number;
}

function synchroniseAll(policy: Policy, samples: readonly StreamSample<number>[]): Synchronised {
  const alignment = { policy, toleranceNs: TOLERANCE_NS };
  const interpolate = (a: number, b: number, fraction: number) => a + (b - a) * fraction;
  let sets = 0;
  const start = process.cpuUsage();
  from(samples)
    .pipe(
      synchronise({
        ...{ reference: "camera", streams: { lidar: alignment, joints: alignment } },
        ...{ interpolate, queueSize: QUEUE_SIZE },
      }),
    )
    .subscribe(() => {
      sets += 1;
    });
  const { user, system } = process.cpuUsage(start);
  return { sets, seconds: (user + system) / 1e6 };
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** What message_filters can do as well, once by us: `scripts/bench-peers.mjs` holds it against a port of that. */
export function peerPolicies(): { policies: Record<string, Synchronised> } {
  const policies = ["approximate", "exact"] as const;
  const measured = policies.map((policy): [string, Synchronised] => {
    const samples = arrivals(policy);
    const runs = [1, 2, 3].map(() => synchroniseAll(policy, samples));
    return [policy, { sets: runs[0]!.sets, seconds: middle(runs.map(({ seconds }) => seconds)) }];
  });
  return { policies: Object.fromEntries(measured) };
}

/** Writes the same arrivals for another program: [index of the stream, stamp in ns as text], in order. */
export async function writeArrivals(file: string): Promise<void> {
  const asData = (policy: Policy) =>
    arrivals(policy).map(({ stream, stampNs }) => [streams.indexOf(stream), String(stampNs)]);
  const both = { approximate: asData("approximate"), exact: asData("exact") };
  const given = { queueSize: QUEUE_SIZE, toleranceNs: Number(TOLERANCE_NS), streams, arrivals: both };
  await writeFile(file, JSON.stringify(given));
}

/** Sets a second of the synchroniser, with three streams. */
export async function bench(
  report: (row: { name: string; value: number; unit: string; note?: string }) => void,
): Promise<void> {
  for (const policy of ["latest", "interpolate", "approximate", "exact"] as const) {
    const samples = arrivals(policy);
    const { sets, seconds } = synchroniseAll(policy, samples);
    const note = `${Math.round(samples.length / seconds / 1000)} k samples/s, processor time`;
    report({ name: `synchronise ${policy}, ${streams.length} streams`, value: sets / seconds, unit: "sets/s", note });
  }
}
