import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const venv = join(tmpdir(), "polypilot-test-python-mcap");
const python = join(venv, "bin", "python");

/** Runs Python with MCAP's own package; undefined, with the reason printed, where that cannot be had. */
export function pythonMcap(): ((script: string, ...args: string[]) => string) | undefined {
  const ready = () => spawnSync(python, ["-c", "import mcap.reader"]).status === 0;
  if (!ready() && !install()) return undefined;
  return (script, ...args) => execFileSync(python, ["-c", script, ...args], { encoding: "utf8" });
}

function install(): boolean {
  const steps = [
    ["python3", "-m", "venv", venv],
    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "mcap==1.3.1"],
  ];
  for (const [command, ...args] of steps) {
    const { status, stderr, error } = spawnSync(command!, args, { encoding: "utf8", timeout: 90_000 });
    if (status === 0) continue;
    const reason = error?.message ?? stderr.trim().split("\n").at(-1);
    console.warn(`skipped: no Python with the package mcap (${reason})`);
    return false;
  }
  return existsSync(python);
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
