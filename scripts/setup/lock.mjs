// One set-up at a time: in the cache, and in a clone.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cache } from "./places.mjs";

const BEAT_MS = 2000;
const STALE_MS = 30_000;

/** Whether the lock's owner is gone: its process on this machine has ended, or it has not touched the lock for long. */
function isStale(path) {
  try {
    const owner = JSON.parse(readFileSync(path, "utf8"));
    if (Date.now() - statSync(path).mtimeMs > STALE_MS) return true;
    if (owner.host !== hostname()) return false;
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function take(path) {
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isStale(path)) {
      // Renaming is atomic: of several who wait, one takes the old lock away.
      const gone = `${path}.${process.pid}`;
      try {
        renameSync(path, gone);
        rmSync(gone, { force: true });
      } catch {
        // Another one was faster.
      }
    }
    return false;
  }
}

/** Runs `work` while holding the lock `name`; waits for another holder first, and says so once. */
export async function withLock(name, onWait, work) {
  const path = join(cache, "locks", `${name}.lock`);
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = 0; !take(path); waited += 1) {
    if (waited === 4) onWait();
    await sleep(250);
  }
  const beat = setInterval(() => utimesSync(path, new Date(), new Date()), BEAT_MS);
  const free = () => rmSync(path, { force: true });
  process.once("exit", free);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", free);
    free();
  }
}
