import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, which } from "../setup/places.mjs";
import { figuresIn } from "./run-peer.mjs";

/** How many sets the port finds in `[stream, stamp]` of two streams. */
function setsOf(policy, arrivals, { queueSize = 10, toleranceNs = 100 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "polypilot-message-filters-"));
  try {
    const file = join(folder, "arrivals.json");
    const texts = arrivals.map(([stream, stamp]) => [stream, String(stamp)]);
    writeFileSync(file, JSON.stringify({ queueSize, toleranceNs, streams: ["a", "b"], arrivals: { [policy]: texts } }));
    const { stdout, stderr } = spawnSync("python3", [join(root, "scripts/peers/synchronise.py"), file], {
      encoding: "utf8",
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    expect(stderr).toBe("");
    return figuresIn(stdout).policies[policy].sets;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!which("python3"))("the port of message_filters", () => {
  const both = (stamps) =>
    stamps.flatMap((stamp) => [
      [0, stamp],
      [1, stamp],
    ]);

  it("makes a set of each stamp that both streams have, whatever the order of arrival", () => {
    expect(setsOf("exact", [...both([1, 2, 3]), [0, 4], [0, 5], [1, 5], [1, 4], [0, 6], [1, 7]])).toBe(5);
  });

  it("forgets the oldest where a queue is full", () => {
    const late = [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 1],
      [1, 2],
      [1, 3],
    ];
    expect(setsOf("exact", late, { queueSize: 3 })).toBe(3);
    expect(setsOf("exact", late, { queueSize: 2 })).toBe(2);
  });

  it("makes a set of stamps less than the slop apart, and none of those as far apart as that", () => {
    expect(
      setsOf("approximate", [
        [0, 0],
        [1, 99],
      ]),
    ).toBe(1);
    expect(
      setsOf("approximate", [
        [0, 0],
        [1, 100],
      ]),
    ).toBe(0);
  });

  it("puts each message into one set at most, the nearest first", () => {
    expect(
      setsOf("approximate", [
        [0, 0],
        [0, 50],
        [1, 60],
        [1, 61],
      ]),
    ).toBe(2);
    expect(
      setsOf("approximate", [
        [0, 0],
        [1, 10],
        [1, 20],
      ]),
    ).toBe(1);
  });
});
