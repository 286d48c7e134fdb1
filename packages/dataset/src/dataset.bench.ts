import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRecording } from "./mcap/read-recording.js";
import {
  type CameraWork,
  cameraWork,
  cdrOf,
  heldByRecording,
  recordWithMcapCore,
  recordWithOurs,
  type Taken,
} from "./testing/recording-work.js";

export type BenchReport = (row: { name: string; value: number; unit: string; note?: string }) => void;

type Size = keyof typeof WORKS;
type Compression = "none" | "zstd";

const ROUNDS = 3;
const WORKS = {
  "160×120": () => cameraWork(160, 120, 9000), // 5 min at 30 Hz: 519 MB
  "640×480": () => cameraWork(640, 480, 900), // 30 s at 30 Hz: 830 MB
};

/** A part of the work: to warm up, or where compression makes it long. */
const partOf = (work: CameraWork, part: number): CameraWork => ({
  ...work,
  ...{ frames: Math.round(work.frames * part), bytes: work.bytes * part },
});

function workOf(size: Size, compression: Compression): CameraWork {
  return partOf(WORKS[size](), compression === "none" ? 1 : 0.2);
}
const PAIR_UNIT = { wall: "MB/s", CPU: "MB/CPU s" } as const;

/** Recording and reading camera messages, beside @mcap/core's writer in turn in the same run. */
export async function bench(report: BenchReport): Promise<void> {
  await inFolder(async (folder) => {
    for (const make of Object.values(WORKS)) {
      const work = make();
      await recordBoth(folder, work, report);
      await reportHeld(folder, work, report);
    }
    for (const compression of ["none", "zstd"] as const) await readBack(folder, compression, report);
  });
}

/** Writes a peer's messages to `path`, CDR each behind its length in four bytes. */
export async function writeMessages(size: Size, compression: Compression, path: string): Promise<{ frames: number }> {
  const work = workOf(size, compression);
  await writeFile(path, cdrOf(work));
  return { frames: work.frames };
}

/** One recording, for a peer's comparison; what compiles first has run before. */
export async function recordOnce(size: Size, compression: Compression) {
  const work = workOf(size, compression);
  return inFolder(async (folder) => {
    const path = join(folder, "work.mcap");
    await recordWithOurs(path, partOf(work, 0.1), compression);
    await rm(path);
    const taken = await recordWithOurs(path, work, compression);
    return { ...taken, bytes: work.bytes, size: (await stat(path)).size };
  });
}

async function inFolder<R>(work: (folder: string) => Promise<R>): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), "polypilot-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both writers in turn; each file is deleted before the next is begun. */
async function recordBoth(folder: string, work: CameraWork, report: BenchReport): Promise<void> {
  const rounds: { ours: Taken; theirs: Taken }[] = [];
  const path = join(folder, "work.mcap");
  for (let round = -1; round < ROUNDS; round += 1) {
    const now = round < 0 ? partOf(work, 0.1) : work;
    const ours = await recordWithOurs(path, now);
    await rm(path);
    const theirs = await recordWithMcapCore(path, now);
    await rm(path);
    if (round >= 0) rounds.push({ ours, theirs }); // the first warms both up
  }
  const { dependencies } = createRequire(import.meta.url)("../package.json") as {
    dependencies: Record<string, string>;
  };
  for (const [clock, key] of [
    ["wall", "seconds"],
    ["CPU", "cpuSeconds"],
  ] as const) {
    const rate = (side: "ours" | "theirs") => middle(rounds.map((round) => work.bytes / round[side][key] / 1e6));
    const ratios = rounds.map(({ ours, theirs }) => theirs[key] / ours[key]);
    const [own, peer] = [rate("ours"), rate("theirs")].map((value) => value.toFixed(0));
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    report({
      ...{ name: `dataset/mcap write ${work.name} (${clock})`, value: middle(ratios), unit: "× @mcap/core" },
      note: `${spread}; ${own} and ${peer} ${PAIR_UNIT[clock]}; @mcap/core ${dependencies["@mcap/core"]}`,
    });
  }
}

async function reportHeld(folder: string, work: CameraWork, report: BenchReport): Promise<void> {
  const { all, undisturbed } = await heldByRecording(join(folder, "held.mcap"), work, 400);
  const name = `dataset/mcap caller held ${work.name}`;
  const most = (times: readonly number[]) => times.at(-1)?.toFixed(2);
  const rest = all.length - undisturbed.length;
  const note = `p50; at most ${most(undisturbed)} ms, ${most(all)} with ${rest} of ${all.length} that another program interrupted`;
  report({ name, value: middle(all), unit: "ms", note });
}

async function readBack(folder: string, compression: Compression, report: BenchReport): Promise<void> {
  const work = workOf("160×120", compression);
  const path = join(folder, `${compression}.mcap`);
  const { seconds } = await recordWithOurs(path, work, compression);
  const size = (await stat(path)).size;
  const note = `${work.frames} messages, ${(size / work.bytes).toFixed(2)} of their size`;
  if (compression !== "none")
    report({ name: `dataset/mcap write (${compression})`, value: work.bytes / seconds / 1e6, unit: "MB/s", note });
  const start = performance.now();
  let bytes = 0;
  for await (const message of readRecording(path)) {
    bytes += message.data.length;
    if (!message.message) throw new Error("a message was not decoded");
  }
  const read = bytes / (performance.now() - start) / 1e3;
  report({ name: `dataset/mcap read (${compression})`, value: read, unit: "MB/s", note: "decoded" });
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
