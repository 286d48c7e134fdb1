import { join } from "node:path";
import { loadBackend } from "@polypilot/mtl";
import { beforeAll, expect, it, vi } from "vitest";
import { testFolder } from "../testing/folder.js";
import { polypilot } from "../testing/polypilot.js";

// Each test runs whole programs, and a busy machine is no fault.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const folder = testFolder();
const recording = join(folder, "data.mcap");
const { name, missing } = await loadBackend();
if (missing) console.warn(`skipped: the native TensorFlow library does not load (${missing})`);

beforeAll(async () => {
  await polypilot(["record", "--virtual", "--minutes", "0.3", "--tracks", "3", "--out", recording]);
});

const small = ["--epochs", "1", "--stride", "4", "--batch-size", "16", "--heads", "steering,lane_offset,sign"];

it.skipIf(name !== "tensorflow")("makes a checkpoint whose contract names the tree, which drive drives", async () => {
  const out = join(folder, "grown");
  const grown = await polypilot(["grow", "--data", recording, "--out", out, ...small, "--most", "2", "--json"]);
  expect(grown.code).toBe(0);
  const result = JSON.parse(grown.stdout);
  expect(result).toMatchObject({ status: "finished", deployment: { identical: { onnx: true, tensorflow: true } } });
  for (const { groups } of result.levels) {
    expect(groups.length).toBeLessThanOrEqual(2);
    expect(groups.flat().sort()).toEqual(["lane_offset", "sign", "steering"]);
  }
  const inspected = JSON.parse((await polypilot(["inspect", out, "--json"])).stdout);
  expect(inspected.checkpoint.card.command).toContain("polypilot grow --data");
  const drive = ["drive", "--checkpoint", out, "--virtual", "--seconds", "2", "--no-record", "--json"];
  expect(JSON.parse((await polypilot(drive)).stdout).predictions).toBeGreaterThan(50);
});

it("refuses heads that the contract does not have", async () => {
  const { code, stderr } = await polypilot([
    "grow",
    "--data",
    recording,
    "--out",
    join(folder, "no"),
    "--heads",
    "wings",
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain("wings");
});

it.skipIf(name !== "tensorflow")("goes on with --resume after Ctrl-C, and says so", async () => {
  const out = join(folder, "stopped");
  const args = ["grow", "--data", recording, "--out", out, ...small, "--stride", "12", "--heads", "steering,sign"];
  const stopped = await polypilot(args, {
    whileRunning: (child) => {
      child.stderr?.on("data", (text) => {
        if (/growing: all heads/.test(String(text))) child.kill("SIGINT");
      });
    },
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stdout).toMatch(
    /^Stopped (before a level was decided|after \d+ levels?)\. The same command with --resume/,
  );
  const resumed = await polypilot([...args, "--resume", "--json"]);
  expect(JSON.parse(resumed.stdout).status).toBe("finished");
});
