import { readFileSync } from "node:fs";

/** Most memory that this program held, MiB: its own, where Linux counts in maxRSS what the parent held when it began it. */
export function peakMiB() {
  try {
    const found = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    if (found) return Number(found[1]) / 1024;
  } catch {} // no such file on other systems
  return process.resourceUsage().maxRSS / 1024;
}
