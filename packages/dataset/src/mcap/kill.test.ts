import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { testFolder } from "../testing/files.js";
import { pythonMcap, pythonSummary } from "../testing/python-mcap.js";
import { readRecording } from "./read-recording.js";

// Compiled code, from src and dist alike: a child process does not read TypeScript.
const program = fileURLToPath(new URL("../../dist/testing/record-forever.js", import.meta.url));

/** Lets the program record `lines` messages and kills it; returns the time of the last message that it had recorded. */
async function recordAndKill(path: string, lines: number): Promise<bigint> {
  const child: ChildProcess = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let last = 0n;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    last = BigInt(line);
    count += 1;
    if (count === lines) child.kill("SIGKILL"); // lines already in the pipe still come
  }
  await exited;
  return last;
}

describe("a recording whose program was killed", () => {
  it.skipIf(!existsSync(program))(
    "opens in every reader and lacks at most the last second",
    async () => {
      const folder = testFolder();
      const python = pythonMcap();
      for (const lines of [10, 61, 112]) {
        const path = join(folder, `killed-${lines}.mcap`);
        const killedNs = await recordAndKill(path, lines);
        const recording = readRecording(path);
        let seenNs = 0n;
        let messages = 0;
        for await (const { logTimeNs } of recording) {
          seenNs = logTimeNs;
          messages += 1;
        }
        expect(recording.report).toMatchObject({ complete: true, corruptChunks: 0 });
        if (lines === 10) continue; // killed within its first half second
        expect(messages).toBeGreaterThan(2 * (lines - 52));
        expect(killedNs - seenNs).toBeLessThan(1_000_000_000n);
        if (python) expect(JSON.parse(python(pythonSummary, path))).toMatchObject({ messages, last: String(seenNs) });
      }
    },
    200_000,
  );
});
