// npm start: sets up, then drives. Arguments go to `polypilot drive`.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { root } from "./setup/places.mjs";
import { guarded, setup } from "./setup.mjs";

await guarded(() => setup());
const command = join(root, "packages", "cli", "dist", "polypilot.js");
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal);
const child = spawn(process.execPath, [command, "drive", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });

// The robot is stopped by the child, so this process only passes signals on and stays. A terminal's Ctrl-C reaches both; the
// child takes two interrupts within a moment for one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on("close", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
