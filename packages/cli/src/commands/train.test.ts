import { join } from "node:path";
import { loadBackend } from "@polypilot/mtl";
import { beforeAll, describe, expect, it, vi } from "vitest";
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

describe("train", () => {
  it.skipIf(name !== "tensorflow")(
    "makes a checkpoint of chosen heads that inspect explains and drive drives",
    async () => {
      const out = join(folder, "model");
      const small = ["--epochs", "2", "--stride", "4", "--batch-size", "16"];
      const args = ["--data", recording, "--heads", "steering,lane_offset", "--out", out, ...small, "--no-baseline"];
      const trained = await polypilot(["train", ...args, "--json"]);
      expect(trained.code).toBe(0);
      expect(trained.stderr).toMatch(/\d+ episodes, fewer than 20: none is held back.*--validation 0\.2/);
      const result = JSON.parse(trained.stdout);
      expect(result).toMatchObject({ scoredOn: "training", learning: { way: "joint" } });
      expect(result).toMatchObject({ status: "finished", deployment: { identical: { onnx: true, tensorflow: true } } });
      expect(Object.keys(result.scores.heads)).toEqual(["steering", "lane_offset"]);

      const inspected = JSON.parse((await polypilot(["inspect", out, "--json"])).stdout);
      expect(inspected.checkpoint.card.heads).toEqual({ deployed: ["steering"], all: ["steering", "lane_offset"] });
      expect(inspected.checkpoint.card.command).toContain("polypilot train --data");

      const drive = ["drive", "--checkpoint", out, "--virtual", "--seconds", "2", "--no-record", "--json"];
      expect(JSON.parse((await polypilot(drive)).stdout).predictions).toBeGreaterThan(50);
    },
  );

  it.skipIf(name !== "tensorflow")(
    "stops at Ctrl-C and goes on with --resume to the same end as without a stop",
    async () => {
      const small = ["--heads", "steering", "--epochs", "4", "--stride", "4", "--batch-size", "16", "--json"];
      const to = (out: string) => ["train", "--data", recording, "--out", join(folder, out), ...small];
      const stopped = await polypilot(to("stopped"), {
        whileRunning: (child) => {
          child.stderr!.on("data", (text) => {
            if (/epoch 1 of/.test(String(text))) child.kill("SIGINT");
          });
        },
      });
      expect(stopped.code).toBe(130);
      expect(JSON.parse(stopped.stdout).status).toBe("interrupted");
      const resumed = await polypilot([...to("stopped"), "--resume"]);
      const straight = await polypilot(to("straight"));
      const losses = ({ stdout }: { stdout: string }) =>
        JSON.parse(stdout).history.map((entry: { validation: object }) => entry.validation);
      expect(losses(resumed)).toEqual(losses(straight));
    },
  );

  it.skipIf(name !== "tensorflow")(
    "trains the primary head alone beside a run, and says what can be said",
    async () => {
      const small = ["--heads", "steering,lane_offset", "--epochs", "1", "--stride", "8", "--batch-size", "16"];
      const args = ["train", "--data", recording, "--out", join(folder, "both"), ...small, "--validation", "0.4"];
      const trained = await polypilot([...args, "--relations", "4", "--json"]);
      expect(trained.code).toBe(0);
      expect(trained.stderr).toContain("steering alone");
      const { transfer, history } = JSON.parse(trained.stdout);
      expect(transfer.baselines).toMatchObject([{ head: "steering", verdict: "too few episodes" }]);
      expect(transfer.caution).toContain("1 held-out episode: too few");
      expect(history[0].relations.tasks).toEqual(["steering", "lane_offset"]);
    },
  );

  it("refuses heads that the contract has not and recordings that are none", async () => {
    const heads = await polypilot(["train", "--data", recording, "--out", join(folder, "x"), "--heads", "mood"]);
    expect(heads).toMatchObject({ code: 2, stdout: "" });
    expect(heads.stderr).toContain("Found mood");
    const data = await polypilot(["train", "--data", join(folder, "none.mcap"), "--out", join(folder, "x")]);
    expect(data).toMatchObject({ code: 2, stdout: "" });
    expect(data.stderr).toContain("no such file");
    const remedy = ["train", "--data", recording, "--out", join(folder, "x"), "--remedy", "drop", "--no-baseline"];
    expect(await polypilot(remedy)).toMatchObject({ code: 2, stdout: "" });
  });
});
