import { join } from "node:path";
import type { Command } from "@polypilot/core";
import { readRecording } from "@polypilot/dataset";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { testFolder } from "../testing/folder.js";
import { polypilot } from "../testing/polypilot.js";
import { untrainedCheckpoint } from "../testing/untrained.js";

// Each test runs whole programs, and a busy machine is no fault.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const folder = testFolder();
const checkpoint = join(folder, "checkpoint");
const virtual = (...more: string[]) => ["drive", "--checkpoint", checkpoint, "--virtual", "--json", ...more];

async function drive(...more: string[]) {
  const { code, stdout, stderr } = await polypilot(virtual(...more));
  expect(stderr.replace(/^driving: .*\n/gm, "")).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

async function commandsOf(path: string): Promise<Command[]> {
  const all: Command[] = [];
  for await (const { topic, message } of readRecording(path)) {
    if (topic === "/polypilot/command") all.push(message as Command);
  }
  return all;
}

beforeAll(async () => {
  await untrainedCheckpoint(checkpoint);
});

describe("drive in virtual time", () => {
  it("gives the same bytes for the same seed and others for another", async () => {
    const run = join(folder, "first");
    const first = await drive("--seed", "7", "--seconds", "4", "--out", run);
    const again = await drive("--seed", "7", "--seconds", "4", "--no-record");
    const other = await drive("--seed", "8", "--seconds", "4", "--no-record");
    expect(first.commandsSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(again.commandsSha256).toBe(first.commandsSha256);
    expect(other.commandsSha256).not.toBe(first.commandsSha256);
    expect(first).toMatchObject({ elapsedSec: 4, interrupted: false, virtual: true, driver: "policy" });
    expect(first.autonomy).toBeGreaterThanOrEqual(0);
    expect(first.commands).toBe((await commandsOf(first.recording.path)).length);

    const replayed = JSON.parse(
      (
        await polypilot([
          "drive",
          "--source",
          first.recording.path,
          "--checkpoint",
          checkpoint,
          "--no-record",
          "--json",
        ])
      ).stdout,
    );
    expect(replayed.replay).toMatchObject({ commandMismatches: 0, predictionMismatches: 0, commands: first.commands });
    expect(replayed.commandsSha256).toBe(first.commandsSha256);
  });

  it("stops and says why when the camera falls silent", async () => {
    const { safety, streams } = await drive(
      "--seconds",
      "4",
      "--faults",
      "camera:silent@1-,lidar:drop=0.5",
      "--no-record",
    );
    expect(Object.keys(safety)).toContain("stale:camera");
    expect(safety["stale:camera"]).toBeGreaterThan(50);
    expect(streams.camera.ageMs).toBeGreaterThan(2000);
    expect(streams.lidar.received).toBeLessThan(30);
  });

  it("lets the expert drive without a model, and keeps to the lane", async () => {
    const { code, stdout } = await polypilot([
      "drive",
      "--expert",
      "--virtual",
      "--seconds",
      "10",
      "--no-record",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ autonomy: 1, interventions: 0, driver: "expert" });
  });
});

describe("drive in wall time", () => {
  it("stops the robot at Ctrl-C, finishes its files and exits with 130", async () => {
    const out = join(folder, "interrupted");
    const { code, stdout } = await polypilot(["drive", "--checkpoint", checkpoint, "--out", out, "--json"], {
      whileRunning: (child) => {
        child.stderr!.on("data", (text) => {
          if (/steering/.test(String(text))) child.kill("SIGINT");
        });
      },
    });
    expect(code).toBe(130);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ interrupted: true, recording: { lost: 0 } });
    const recording = readRecording(join(out, "run.mcap"));
    const commands: Command[] = [];
    for await (const { topic, message } of recording) {
      if (topic === "/polypilot/command") commands.push(message as Command);
    }
    expect(recording.report.complete).toBe(true);
    expect(commands.at(-1)).toMatchObject({ limited_speed_mps: 0, reason: "stopped" });
    expect(commands.length).toBe(summary.commands);
  });
});

describe("drive's mistakes", () => {
  it.each([
    [["--checkpoint", "no-such-folder"], "Found no such folder"],
    [["--virtual"], "Found no --seconds"],
    [["--keyboard", "--expert"], "Found --keyboard and --expert"],
    [["--source", "x.mcap", "--seconds", "3"], "a recording is driven as it is"],
    [["--faults", "camera:melt"], "Found melt"],
    [["--seconds", "-3"], "A number above 0 was expected"],
  ])("refuses %j with exit code 2", async (args, text) => {
    const { code, stdout, stderr } = await polypilot(["drive", "--json", ...args]);
    expect(stderr).toContain(text);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("refuses a checkpoint of another robot and says which fields differ", async () => {
    const { code, stderr } = await polypilot([
      "drive",
      "--checkpoint",
      checkpoint,
      "--contract",
      "contracts/donkeycar.yaml",
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("streams.camera.feature");
  });
});
