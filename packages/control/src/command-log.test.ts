import { createHash } from "node:crypto";
import { type Command, encodeMessage } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { commandLog } from "./command-log.js";
import { commandMessage } from "./messages.js";

const command = (speedMps: number): Command =>
  commandMessage(
    5n,
    { steeringRad: 0.1, speedMps },
    { limited: { steeringRad: 0.1, speedMps }, source: "policy", reason: "" },
    { steeringRad: NaN, speedMps: NaN },
    { seq: 3n, streams: [{ stream: "camera", stamp: { sec: 1, nanosec: 2 }, age_ns: 4n, dropped: 0 }] },
  );

describe("commandLog", () => {
  it("is the SHA-256 of the commands' CDR bytes one after another, at any time", () => {
    const log = commandLog();
    expect(log.sha256()).toBe(createHash("sha256").digest("hex"));
    for (const speed of [1, 2]) log.add(command(speed));
    const bytes = [1, 2].map((speed) => encodeMessage("polypilot_msgs/msg/Command", command(speed)));
    const expected = createHash("sha256").update(Buffer.concat(bytes)).digest("hex");
    expect([log.count, log.sha256(), log.sha256()]).toEqual([2, expected, expected]);
  });

  it("differs for another order", () => {
    const [forth, back] = [commandLog(), commandLog()];
    for (const speed of [1, 2]) forth.add(command(speed));
    for (const speed of [2, 1]) back.add(command(speed));
    expect(forth.sha256()).not.toBe(back.sha256());
  });
});
