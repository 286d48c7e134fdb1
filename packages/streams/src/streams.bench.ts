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

/** Sets a second of the synchroniser, with three streams. */
export async function bench(
  report: (row: { name: string; value: number; unit: string; note?: string }) => void,
): Promise<void> {
  const samples = recording(2000);
  const same = samples.filter(({ stream }) => stream === "camera");
  const three = same.flatMap((sample) => ["camera", "lidar", "joints"].map((stream) => ({ ...sample, stream })));
  const both = (policy: Alignment["policy"]) => ({
    lidar: { policy, toleranceNs: 150n * MS },
    joints: { policy, toleranceNs: 150n * MS },
  });
  const rows: [string, Record<string, Alignment>, StreamSample<number>[]][] = [
    ["synchronise latest, 3 streams", both("latest"), samples],
    ["synchronise interpolate, 3 streams", both("interpolate"), samples],
    ["synchronise approximate, 3 streams", both("approximate"), samples],
    ["synchronise exact, 3 streams", both("exact"), three],
  ];
  for (const [name, streams, input] of rows) {
    let sets = 0;
    const interpolate = (a: number, b: number, fraction: number) => a + (b - a) * fraction;
    const start = performance.now();
    from(input)
      .pipe(synchronise({ reference: "camera", streams, interpolate }))
      .subscribe(() => {
        sets += 1;
      });
    const sec = (performance.now() - start) / 1000;
    report({ name, value: sets / sec, unit: "sets/s", note: `${Math.round(input.length / sec / 1000)} k samples/s` });
  }
}
