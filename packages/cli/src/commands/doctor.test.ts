import { describe, expect, it } from "vitest";
import { isAtLeast } from "../doctor/system.js";
import { polypilot } from "../testing/polypilot.js";

describe("doctor", () => {
  it("lists each thing with its state, use and remedy as JSON", async () => {
    const { code, stdout } = await polypilot(["doctor", "--json"]);
    expect(code).toBe(0);
    const { ready, findings } = JSON.parse(stdout);
    expect(ready.drive).toBe(true);
    const names = findings.map((finding: { name: string }) => finding.name);
    expect(names).toEqual(
      expect.arrayContaining([
        "Node",
        "C++ compiler",
        "Python",
        "TensorFlow",
        "onnxruntime-node",
        "ROS 2",
        "GPU",
        "Free disk",
      ]),
    );
    for (const finding of findings) expect(finding.neededFor).not.toBe("");
    const tensorflow = findings.find((finding: { name: string }) => finding.name === "TensorFlow");
    expect(ready.train).toBe(tensorflow.state === "ok");
  });

  it("names what is missing and what to type where there is no compiler and no Python", async () => {
    const { code, stdout } = await polypilot(["doctor"], { env: { PATH: "/nonexistent" } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/C\+\+ compiler +missing/);
    expect(stdout).toContain("sudo apt-get install -y g++");
    expect(stdout).toContain("sudo apt-get install -y python3 python3-pip");
  });

  it("compares versions part by part", () => {
    expect(isAtLeast("20.20.2", [20, 20, 2])).toBe(true);
    expect(isAtLeast("20.9.0", [20, 20, 2])).toBe(false);
    expect(isAtLeast("22.0.0", [20, 20, 2])).toBe(true);
    expect(isAtLeast("20.20.1", [20, 20, 2])).toBe(false);
  });
});
