import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, parseContract } from "@polypilot/core";
import { readRecording, summariseRecording } from "@polypilot/dataset";
import { readCheckpoint } from "@polypilot/mtl";
import { describe, expect, it } from "vitest";
import { json, polypilot, root, testFolder } from "./polypilot.js";

interface Drive {
  readonly autonomy: number;
  readonly commands: number;
  readonly commandsSha256: string;
  readonly safety: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly count: number };
  readonly streams: Readonly<
    Record<string, { readonly received: number; readonly drops: Readonly<Record<string, number>> }>
  >;
  readonly recording: { readonly path: string; readonly lost: number };
  readonly replay: { readonly commandMismatches: number; readonly predictionMismatches: number };
}

const folder = testFolder();
const checkpoint = join(root, "checkpoints/sim-car");
const virtual = (...more: string[]) => json<Drive>("drive", "--virtual", ...more);

/** Every command of a run, as recorded. */
async function commandsOf(path: string): Promise<Command[]> {
  const all: Command[] = [];
  for await (const { topic, message } of readRecording(path)) {
    if (topic === "/polypilot/command") all.push(message as Command);
  }
  return all;
}

describe("the checkpoint that ships", () => {
  it("drives tracks that it has never seen without a person's help", async () => {
    for (const seed of ["301", "302"]) {
      const run = await virtual("--seed", seed, "--seconds", "20", "--no-record");
      expect(run.autonomy, `track ${seed}`).toBe(1);
    }
  });

  it("holds the heads to deploy and no auxiliary one, in a smaller model", async () => {
    const { card, contract } = await readCheckpoint(checkpoint);
    const deployed = Object.entries(contract.heads).filter(([, head]) => head.deploy);
    expect(deployed.map(([name]) => name)).toEqual(["steering"]);
    expect(card.heads.deployed).toEqual(["steering"]);
    expect(card.parameters.deployed).toBeLessThan(card.parameters.all);
    expect(card.files["model.onnx"]!.bytes).toBeLessThan(card.files["model-all.onnx"]!.bytes);
  });

  it("gives byte-equal commands for the same seed in virtual time, and for the recorded run driven again", async () => {
    const run = await virtual("--seed", "303", "--seconds", "6", "--out", join(folder, "first"));
    const again = await virtual("--seed", "303", "--seconds", "6", "--no-record");
    expect(again.commandsSha256).toBe(run.commandsSha256);
    const replayed = await json<Drive>("drive", "--source", run.recording.path, "--no-record");
    expect(replayed.replay).toMatchObject({ commandMismatches: 0, predictionMismatches: 0 });
    expect(replayed.commandsSha256).toBe(run.commandsSha256);
  });

  it("gives byte-equal commands when a run on the wall's clock is driven again", async () => {
    const run = await json<Drive>("drive", "--seed", "304", "--seconds", "5", "--out", join(folder, "wall"));
    expect(run.recording.lost).toBe(0);
    const replayed = await json<Drive>("drive", "--source", run.recording.path, "--no-record");
    expect(replayed.replay).toMatchObject({ commandMismatches: 0, predictionMismatches: 0 });
    expect(replayed.commandsSha256).toBe(run.commandsSha256);
  });

  it("accounts for every message of a run: used, or dropped with a reason", async () => {
    const run = await virtual("--seed", "305", "--seconds", "6", "--out", join(folder, "counted"));
    const { topics } = await summariseRecording(run.recording.path);
    const recorded = (topic: string) => topics.find((t) => t.topic === topic)?.count;
    expect(run.streams.camera?.received).toBe(recorded("/camera/image_raw"));
    expect(run.streams.lidar?.received).toBe(recorded("/scan"));
    const dropped = Object.values(run.streams.camera?.drops ?? {}).reduce((a, b) => a + b, 0);
    expect(run.latencyMs.count + dropped).toBeGreaterThanOrEqual((run.streams.camera?.received ?? 0) - 1);
  });
});

describe("faults on the way", () => {
  const limits = async () => parseContract((await readCheckpoint(checkpoint)).contractText).command;

  it.each([
    ["a silent camera", "camera:silent@2-4", /camera/],
    ["corrupt images", "camera:corrupt=1@2-4", /camera/],
    ["a silent lidar", "lidar:silent@2-4", /lidar/],
    ["a stuck camera", "camera:stuck@2-5", /camera/],
    ["joints whose clock jumps", "joints:clock_jump=30@2-4", /joints/],
  ])("stops for %s, says why, and keeps every limit", async (name, fault, reason) => {
    const out = join(folder, name.replaceAll(" ", "-"));
    mkdirSync(out, { recursive: true });
    const run = await virtual("--seed", "306", "--seconds", "6", "--faults", fault, "--out", out);
    const commands = await commandsOf(run.recording.path);
    const { steering, speed } = await limits();
    const stopped = commands.filter((c) => c.source === 2 && reason.test(c.reason));
    expect(stopped.length, JSON.stringify(run.safety)).toBeGreaterThan(10);
    expect(stopped.some((c) => c.limited_speed_mps === 0)).toBe(true);
    for (const c of commands) {
      expect(c.limited_steering_rad).toBeGreaterThanOrEqual(steering.limits.value[0]);
      expect(c.limited_steering_rad).toBeLessThanOrEqual(steering.limits.value[1]);
      expect(c.limited_speed_mps).toBeGreaterThanOrEqual(speed.limits.value[0]);
      expect(c.limited_speed_mps).toBeLessThanOrEqual(speed.limits.value[1]);
    }
    expect(commands.at(-2)?.source, "drives on once all is well").toBe(0);
  });

  it("counts dropped, late, duplicated and swapped messages and drives on", async () => {
    const faults = "camera:drop=0.1,lidar:late=0.05,joints:duplicate=0.2,camera:out_of_order=0.05";
    const run = await virtual("--seed", "307", "--seconds", "6", "--faults", faults, "--no-record");
    expect(Object.values(run.streams.camera!.drops).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    expect(run.streams.joints!.drops).toHaveProperty("duplicate");
    expect(run.autonomy).toBe(1);
  });

  it("refuses a fault that is none, and says what one looks like", async () => {
    const { code, stderr } = await polypilot("drive", "--faults", "camera=silent");
    expect(code).toBe(2);
    expect(stderr).toContain("camera:");
  });
});
