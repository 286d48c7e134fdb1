import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Demonstrations } from "../demonstrations/demonstrations.js";
import { loadDemonstrations } from "../demonstrations/load-demonstrations.js";
import { recordDrive, smallContract, writeEvent, writeFrames } from "./drive-recording.js";

/** Demonstrations of `episodes` episodes of `length` frames; every fifth frame has no label. */
export async function someDemonstrations(episodes: number, length: number): Promise<Demonstrations> {
  const path = join(mkdtempSync(join(tmpdir(), "polypilot-dataset-")), "some.mcap");
  await recordDrive(path, (recorder) => {
    for (let e = 0; e < episodes; e += 1) {
      writeEvent(recorder, "START", e * length, `e${e}`);
      writeFrames(recorder, e * length, (e + 1) * length, (k) => k % 5 === 4);
      writeEvent(recorder, "STOP", (e + 1) * length, `e${e}`);
    }
  });
  return loadDemonstrations({ paths: [path], contract: smallContract });
}
