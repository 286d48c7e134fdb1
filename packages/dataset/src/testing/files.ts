import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A fresh folder for one test file. */
export const testFolder = (): string => mkdtempSync(join(tmpdir(), "polypilot-dataset-"));

/** The repository's root. */
export const repositoryRoot = fileURLToPath(new URL("../../../../", import.meta.url));

/** A folder of real data, or undefined, with the reason printed, where it is absent. */
export function testData(...path: string[]): string | undefined {
  const root = process.env.POLYPILOT_TEST_DATA ?? join(repositoryRoot, "..", "shared", "data");
  const found = join(root, ...path);
  if (existsSync(found)) return found;
  console.warn(`skipped: no ${join(...path)} in ${root} (set POLYPILOT_TEST_DATA)`);
  return undefined;
}
