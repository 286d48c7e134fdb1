import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { testFolder } from "../testing/folder.js";
import { polypilot } from "../testing/polypilot.js";
import { untrainedCheckpoint } from "../testing/untrained.js";

// Each test runs whole programs, and a busy machine is no fault.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const folder = testFolder();
const checkpoint = join(folder, "checkpoint");
const recording = join(folder, "data.mcap");

beforeAll(async () => {
  await untrainedCheckpoint(checkpoint);
  await polypilot(["record", "--virtual", "--minutes", "0.2", "--tracks", "3", "--out", recording]);
});

describe("evaluate", () => {
  it("puts models side by side on the same tracks, with differences track by track", async () => {
    const args = ["--checkpoint", checkpoint, "--expert", "--seeds", "21,22", "--seconds", "6"];
    const { code, stdout } = await polypilot(["evaluate", ...args, "--out", join(folder, "evaluation"), "--json"]);
    expect(code).toBe(0);
    const { columns, comparisons } = JSON.parse(stdout);
    expect(columns.map((c: { tracks: { seed: number }[] }) => c.tracks.map((t) => t.seed))).toEqual([
      [21, 22],
      [21, 22],
    ]);
    const autonomy = comparisons.find((c: { key: string }) => c.key === "autonomy");
    const [model, expert] = columns.map(
      (c: { tracks: { autonomy: number }[] }) => c.tracks.reduce((sum, t) => sum + t.autonomy, 0) / 2,
    );
    expect(expert).toBe(1);
    expect(autonomy.columns[0].estimate).toBeCloseTo(model, 12);
    expect(autonomy.differences[1].estimate).toBeCloseTo(expert - model, 12);
  });

  it("scores each head of a model on a recording's last episodes", async () => {
    const args = ["--checkpoint", checkpoint, "--data", recording, "--test-part", "0.34", "--json"];
    const { code, stdout } = await polypilot(["evaluate", ...args]);
    expect(code).toBe(0);
    const [column] = JSON.parse(stdout).columns;
    expect(column.episodes).toEqual(["track_10003"]);
    expect(Object.keys(column.scores.heads)).toEqual(
      expect.arrayContaining(["steering", "markings", "reconstruction"]),
    );
  });

  it("refuses a test part without recordings, and a folder that is no checkpoint", async () => {
    const part = await polypilot(["evaluate", "--test-part", "0.2"]);
    expect(part).toMatchObject({ code: 2, stdout: "" });
    const none = await polypilot(["evaluate", "--checkpoint", folder]);
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("card.json");
  });
});
