import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const shared = join(tmpdir(), "polypilot-test-python-mcap-1.3.1");
const pythonIn = (folder: string) => join(folder, "bin", "python");

/** Runs Python with MCAP's own package; undefined, with the reason printed, where that cannot be had. */
export function pythonMcap(): ((script: string, ...args: string[]) => string) | undefined {
  const folder = isReady(shared) ? shared : install();
  if (!folder) return undefined;
  return (script, ...args) => execFileSync(pythonIn(folder), ["-c", script, ...args], { encoding: "utf8" });
}

const isReady = (folder: string) => spawnSync(pythonIn(folder), ["-c", "import mcap.reader"]).status === 0;

/** Installs into a folder of its own first: tests run side by side. */
function install(): string | undefined {
  const own = mkdtempSync(join(tmpdir(), "polypilot-test-python-"));
  const steps = [
    ["python3", "-m", "venv", own],
    [
      pythonIn(own),
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--retries",
      "1",
      "--timeout",
      "15",
      "mcap==1.3.1",
    ],
  ];
  for (const [command, ...args] of steps) {
    const { status, stderr, error } = spawnSync(command!, args, { encoding: "utf8", timeout: 80_000 });
    if (status === 0) continue;
    const reason = error?.message ?? stderr.trim().split("\n").at(-1);
    console.warn(`skipped: no Python with the package mcap (${reason})`);
    rmSync(own, { recursive: true, force: true });
    return undefined;
  }
  try {
    renameSync(own, shared); // the interpreter finds its packages from its own place
    return shared;
  } catch {
    return isReady(shared) ? shared : own; // another test was faster
  }
}

/** Prints one JSON line: what MCAP's Python reader finds in a file, checksums checked. */
export const pythonSummary = `
import json, sys
from mcap.reader import make_reader
with open(sys.argv[1], "rb") as file:
    reader = make_reader(file, validate_crcs=True)
    summary = reader.get_summary()
    messages = [(channel.topic, message.log_time) for _, channel, message in reader.iter_messages()]
    print(json.dumps({
        "profile": reader.get_header().profile,
        "messages": len(messages),
        "last": str(max([time for _, time in messages], default=0)),
        "counted": summary.statistics.message_count,
        "schemas": {c.topic: summary.schemas[c.schema_id].name for c in summary.channels.values()},
        "attachments": [(a.name, a.media_type, a.data.decode()) for a in reader.iter_attachments()],
        "metadata": [m.name for m in reader.iter_metadata()],
    }))
`;
