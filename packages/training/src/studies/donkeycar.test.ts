import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTub } from "@polypilot/dataset";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { donkeycarStudy } from "./donkeycar.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const tub = join(process.env.POLYPILOT_TEST_DATA ?? join(root, "../shared/data"), "donkeycar-tub");
const present = existsSync(tub);
if (!present) console.log(`skipped: a real car's drive, since ${tub} is absent; set POLYPILOT_TEST_DATA`);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polypilot-study-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("donkeycarStudy", () => {
  it.skipIf(!present)(
    "measures ridge and both columns on the last fifth of a real drive, and shows its frames",
    async () => {
      const recording = join(folder, "tub.mcap");
      const text = await readFile(join(root, "contracts/donkeycar.yaml"), "utf8");
      await importTub({ tub, out: recording, contract: { text, name: "donkeycar.yaml" } });
      const study = await donkeycarStudy({
        recording,
        contractText: text,
        out: join(folder, "study"),
        seeds: [1],
        settings: { epochs: 2 },
      });
      expect(study.frames).toEqual({ train: 800, test: 200 });
      expect(study.ridge.r2).toBeGreaterThan(0.55);
      expect(study.ridge.r2).toBeLessThan(0.85);
      expect(study.comparison.columns.map((c) => Object.keys(c.contract.heads))).toEqual([
        ["steering"],
        ["steering", "reconstruction", "next_frame"],
      ]);
      expect(study.comparison.columns[0]!.runs[0]!.scores.samples).toBe(200);
      const html = await readFile(study.report, "utf8");
      expect(html.match(/data:image\/png/g)!.length).toBeGreaterThanOrEqual(12);
      const summary = JSON.parse(await readFile(join(folder, "study", "study.json"), "utf8")) as {
        ridge: { r2: number };
      };
      expect(summary.ridge.r2).toBe(study.ridge.r2);
    },
    240_000,
  );
});
