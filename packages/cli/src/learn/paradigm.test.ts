import { join } from "node:path";
import { loadBackend, readCheckpoint } from "@polypilot/mtl";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { testFolder } from "../testing/folder.js";
import { polypilot } from "../testing/polypilot.js";
import { checkParadigmFlags } from "./choose-paradigm.js";
import type { ParadigmFlags } from "./paradigm-flags.js";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const folder = testFolder();
const recording = join(folder, "data.mcap");
const base = join(folder, "base");
const small = ["--data", recording, "--epochs", "1", "--stride", "6", "--batch-size", "16", "--json"];
const { name, missing } = await loadBackend();
if (missing) console.warn(`skipped: the native TensorFlow library does not load (${missing})`);
const native = name === "tensorflow";

describe("checkParadigmFlags", () => {
  it.each<[ParadigmFlags, RegExp]>([
    [{ transfer: "frozen" }, /--from CHECKPOINT/],
    [{ from: "x", transfer: "frozen", meta: "reptile" }, /one way.*--transfer, --meta/],
    [{ from: "x", transfer: "partial" }, /--freeze/],
    [{ from: "x", continual: "ewc" }, /--old-data/],
    [{ curriculum: "order" }, /--order/],
    [{ curriculum: "competence" }, /--difficulty/],
    [{ from: "x", memory: 5 }, /--memory beside --continual replay/],
    [{ from: "x", continual: "adapters", tournaments: 3 }, /--tournaments beside --continual pathnet/],
    [{ fit: "ridge" }, /--fit beside --few-shot/],
  ])("refuses %j", (flags, message) => {
    expect(() => checkParadigmFlags(flags)).toThrow(message);
  });

  it("lets go together what does", () => {
    const good: ParadigmFlags[] = [
      {},
      { from: "x" },
      { from: "x", continual: "replay", oldData: ["a"], memory: 5 },
      { curriculum: "competence", difficulty: "steering", from: "x" },
      { meta: "fomaml", innerSteps: 2 },
      { continual: "pathnet", tournaments: 3 },
    ];
    for (const flags of good) expect(() => checkParadigmFlags(flags)).not.toThrow();
  });
});

describe.skipIf(!native)("train from a checkpoint", () => {
  beforeAll(async () => {
    await polypilot(["record", "--virtual", "--minutes", "0.3", "--tracks", "3", "--out", recording]);
    const trained = await polypilot(["train", ...small, "--heads", "steering", "--out", base, "--no-baseline"]);
    expect(trained.code).toBe(0);
  });

  it("fits a new head from few samples beside the old one, which keeps every bit, and drives", async () => {
    const more = join(folder, "more");
    const shots = ["--few-shot", "8", "--heads", "steering,lane_offset", "--out", more];
    expect((await polypilot(["train", ...small, "--from", base, ...shots])).code).toBe(0);
    const weightsOf = async (out: string) => (await readCheckpoint(out)).weights();
    const [first, grown] = [await weightsOf(base), await weightsOf(more)];
    for (const [parameter, values] of Object.entries(first)) expect(grown[parameter], parameter).toEqual(values);
    expect(Object.keys(grown).some((parameter) => parameter.startsWith("head/lane_offset/"))).toBe(true);
    const inspected = (await polypilot(["inspect", more])).stdout;
    expect(inspected).toMatch(/Learnt by\n +way +few-shot\n/);
    expect(inspected).toContain(base);
    const drive = ["drive", "--checkpoint", more, "--virtual", "--seconds", "2", "--no-record", "--json"];
    expect(JSON.parse((await polypilot(drive)).stdout).predictions).toBeGreaterThan(50);
  });

  it("refuses, with code 2, what does not go together or does not exist", async () => {
    const to = (...more: string[]) => polypilot(["train", ...small, "--out", join(folder, "none"), ...more]);
    expect((await to("--transfer", "frozen")).code).toBe(2);
    const same = await to("--from", base, "--few-shot", "3", "--heads", "steering");
    expect(same.code).toBe(2);
    expect(same.stderr).toContain("a head that the checkpoint lacks");
    expect((await to("--from", join(folder, "gone"))).code).toBe(2);
  });
});
