import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The compiled command: the same path from src and from dist. */
const command = fileURLToPath(new URL("../../dist/polypilot.js", import.meta.url));

/** What one command line printed and answered. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the compiled command in a process of its own, from the repository's root.
 *
 * @param options.whileRunning - is given the process, to send it signals or keys.
 */
export function polypilot(
  args: readonly string[],
  options: { readonly whileRunning?: (child: ReturnType<typeof spawn>) => void; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const cwd = fileURLToPath(new URL("../../../../", import.meta.url));
    const child = spawn(process.execPath, [command, ...args], { cwd, env: { ...process.env, ...options.env } });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    options.whileRunning?.(child);
  });
}
