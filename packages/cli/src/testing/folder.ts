import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** An empty folder that goes when the tests of the file have ended. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "polypilot-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
