import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { testFolder } from "../testing/folder.js";
import { polypilot } from "../testing/polypilot.js";

// Each test runs whole programs, and a busy machine is no fault.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const folder = testFolder();

describe("record", () => {
  it("writes one whole episode a track with every label, the same each time", async () => {
    const outs = [join(folder, "a.mcap"), join(folder, "b.mcap")];
    for (const out of outs) {
      const args = ["--virtual", "--perturb", "--minutes", "0.1", "--seeds", "3,5", "--out", out];
      const { code, stdout } = await polypilot(["record", ...args, "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        lost: 0,
        tracks: [
          { seed: 3, elapsedSec: 3 },
          { seed: 5, elapsedSec: 3 },
        ],
      });
    }
    const [a, b] = await Promise.all(
      outs.map(async (out) => JSON.parse((await polypilot(["inspect", out, "--json"])).stdout)),
    );
    const { recording } = a;
    expect(recording).toMatchObject({ complete: true, profile: "ros2" });
    expect(recording.episodes.map((episode: { id: string }) => episode.id)).toEqual(["track_3", "track_5"]);
    const count = (topic: string) => recording.topics.find((t: { topic: string }) => t.topic === topic)?.count;
    expect(count("/truth/markings")).toBe(180);
    expect(count("/expert/drive")).toBe(180);
    expect(count("/camera/image_raw")).toBe(180);
    expect(b.recording.topics).toEqual(recording.topics);
    expect(b.recording.sizeBytes).toBe(recording.sizeBytes);
  });

  it("refuses to write over a recording unless told to", async () => {
    const args = ["record", "--virtual", "--minutes", "0.02", "--tracks", "1", "--out", join(folder, "once.mcap")];
    expect((await polypilot(args)).code).toBe(0);
    const again = await polypilot(args);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("does not exist yet");
    expect((await polypilot([...args, "--force"])).code).toBe(0);
  });

  it("leaves a file that opens when it is killed", async () => {
    const out = join(folder, "killed.mcap");
    const { code } = await polypilot(["record", "--minutes", "1", "--tracks", "1", "--out", out], {
      whileRunning: (child) => {
        const timer = setInterval(async () => {
          // Blocks, since the file's length runs ahead of what it holds.
          if (!existsSync(out) || statSync(out).blocks * 512 < 1_000_000) return;
          clearInterval(timer);
          child.kill("SIGKILL");
        }, 100);
      },
    });
    expect(code).toBe(-1);
    const { recording } = JSON.parse((await polypilot(["inspect", out, "--json"])).stdout);
    expect(recording.messages).toBeGreaterThan(20);
    expect(recording.episodes).toMatchObject([{ id: "track_10001", stopped: false }]);
  });
});
