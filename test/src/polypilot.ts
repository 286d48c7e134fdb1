import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** An empty folder that goes when the tests of the file have ended. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "polypilot-e2e-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What one command line printed and answered. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the compiled command as a person would, from the repository's root. */
export function polypilot(...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "packages/cli/dist/polypilot.js"), ...args], { cwd: root });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** The JSON document that a command prints; the command must succeed. */
export async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await polypilot(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}
