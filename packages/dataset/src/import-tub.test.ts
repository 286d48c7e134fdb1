import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeMessage, parseContract } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { loadDemonstrations } from "./demonstrations/load-demonstrations.js";
import { importTub } from "./import-tub.js";
import { readRecording } from "./mcap/read-recording.js";
import { splitEpisodes } from "./split-episodes.js";
import { repositoryRoot, testData, testFolder } from "./testing/files.js";

const folder = testFolder();
const tub = testData("donkeycar-tub");
const name = "donkeycar.yaml";
const text = await readFile(join(repositoryRoot, "contracts", name), "utf8");
const contract = parseContract(text, name);

describe("importTub", () => {
  it.skipIf(!tub)("brings a real tub to samples, with steering to the left positive", async () => {
    const out = join(folder, "tub.mcap");
    const report = await importTub({ tub: tub!, out, contract: { text, name } });
    expect(report).toMatchObject({ frames: 1000, labelled: 1000, episodes: 10, deleted: 0, durationSec: 50 });
    expect(report.brokenLines).toEqual([]);
    const demos = await loadDemonstrations({ paths: [out], contract });
    expect(demos.size).toBe(1000);
    expect(demos.drops).toEqual({});
    expect(demos.labelled).toEqual({ steering: 1000, reconstruction: 1000, next_frame: 950 });
    const first = demos.sample(0);
    expect(first.labels.steering![0]).toBeCloseTo(-0.2986039775370604 * 0.4363, 6); // the first record's angle
    const { train, test } = splitEpisodes(demos, { validation: 0, test: 0.2, seed: 0, order: "time" });
    expect(test.indices).toEqual(Array.from({ length: 200 }, (_, i) => 800 + i));
    expect(train.indices).toHaveLength(800);
  });
});
void [mkdir, writeFile, decodeMessage, readRecording];
