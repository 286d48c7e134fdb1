import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CompressedImage, parseContract, type Scalar } from "@polypilot/core";
import { encode } from "jpeg-js";
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
const jpeg = encode({ width: 160, height: 120, data: Buffer.alloc(160 * 120 * 4, 90) }, 60).data;

/** A tub of six records whose indexes are out of order, with one deleted, one broken, one without an image. */
async function smallTub(): Promise<string> {
  const dir = join(folder, "tub");
  await mkdir(join(dir, "images"), { recursive: true });
  const record = (index: number, angle: number, more = {}) =>
    JSON.stringify({
      _index: index,
      "cam/image_array": `${index}.jpg`,
      "user/angle": angle,
      "user/throttle": 0.5,
      ...more,
    });
  const first = [record(3, 1), record(0, -1), "{ broken", record(1, 0.5)];
  const second = [record(9, 0.25, { "user/mode": "local" }), record(5, 0), record(7, 0.1), ""];
  await writeFile(join(dir, "a.catalog"), first.join("\n"));
  await writeFile(join(dir, "b.catalog"), second.join("\n"));
  const manifest = [["cam/image_array"], ["image_array"], {}, { created_at: 1 }];
  const last = { paths: ["a.catalog", "b.catalog"], current_index: 10, max_len: 1000, deleted_indexes: [1] };
  await writeFile(join(dir, "manifest.json"), [...manifest, last].map((v) => JSON.stringify(v)).join("\n"));
  for (const index of [0, 1, 3, 5, 9]) await writeFile(join(dir, "images", `${index}.jpg`), jpeg);
  await writeFile(join(dir, "images", "7.jpg"), "no JPEG");
  return dir;
}

describe("importTub", () => {
  it.skipIf(!tub)("brings a real tub to samples, with steering to the left positive", async () => {
    const out = join(folder, "real.mcap");
    const report = await importTub({ tub: tub!, out, contract: { text, name } });
    expect(report).toMatchObject({ frames: 1000, labelled: 1000, episodes: 10, deleted: 0, durationSec: 50 });
    expect([report.brokenLines, report.missingImages]).toEqual([[], []]);
    const demos = await loadDemonstrations({ paths: [out], contract });
    expect(demos.size).toBe(1000);
    expect(demos.drops).toEqual({});
    expect(demos.labelled).toEqual({ steering: 1000, reconstruction: 1000, next_frame: 950 });
    expect(demos.sample(0).labels.steering![0]).toBeCloseTo(-0.2986039775370604 * 0.4363, 6); // the first record's angle
    const { train, test } = splitEpisodes(demos, { validation: 0, test: 0.2, seed: 0, order: "time" });
    expect(test.indices).toEqual(Array.from({ length: 200 }, (_, i) => 800 + i));
    expect(train.indices).toHaveLength(800);
  });

  it("orders by index, honours deletions, and counts and names what is broken or missing", async () => {
    const out = join(folder, "small.mcap");
    const dir = await smallTub();
    const report = await importTub({
      tub: dir,
      out,
      contract: { text, name },
      rateHz: 10,
      maxSteeringRad: 0.4,
      episodes: 2,
    });
    expect(report).toEqual({
      frames: 4,
      labelled: 3,
      episodes: 2,
      deleted: 1,
      brokenLines: ["a.catalog:3"],
      missingImages: ["7.jpg"],
      durationSec: 1,
    });
    const rows: [string, bigint, unknown][] = [];
    for await (const { topic, logTimeNs, message } of readRecording(out)) rows.push([topic, logTimeNs, message]);
    const on = (topic: string) => rows.filter(([t]) => t === topic);
    expect(on("/camera/image_raw/compressed").map(([, ns]) => ns)).toEqual(
      [1_000n, 1_300n, 1_500n, 1_900n].map((ms) => ms * 1_000_000n),
    );
    expect(
      on("/expert/drive").map(([, , m]) => (m as { drive: { steering_angle: number } }).drive.steering_angle),
    ).toEqual([0.4, -0.4, 0].map(Math.fround));
    expect(on("/truth/throttle").map(([, , m]) => [(m as Scalar).value, (m as Scalar).unit])[0]).toEqual([0.5, "1"]);
    const [, , image] = on("/camera/image_raw/compressed")[0]!;
    expect(Buffer.from((image as CompressedImage).data).equals(jpeg)).toBe(true);
  });

  it("refuses a folder that is no tub, and a contract without a place for it", async () => {
    const out = join(folder, "none.mcap");
    await expect(importTub({ tub: folder, out, contract: { text, name } })).rejects.toThrow(
      /there is a file manifest\.json\. Found ENOENT\. Give the folder of a Donkeycar tub/,
    );
    const raw = text.replace("sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/Image");
    await expect(importTub({ tub: folder, out, contract: { text: raw, name } })).rejects.toThrow(
      /the stream camera is sensor_msgs\/msg\/CompressedImage\. Found sensor_msgs\/msg\/Image/,
    );
  });
});
