import { describe, expect, it } from "vitest";
import { polypilot } from "./testing/polypilot.js";

describe("the command line", () => {
  it("shows a tour of all commands when nothing is asked", async () => {
    const { code, stdout } = await polypilot([]);
    expect(code).toBe(0);
    expect(stdout).toContain("A short tour");
    for (const command of ["drive", "record", "train", "evaluate", "inspect", "import", "doctor"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    }
  });

  it("gives each command examples, what comes out and exit codes", async () => {
    for (const command of ["drive", "record", "train", "evaluate", "inspect", "import", "doctor"]) {
      const { code, stdout } = await polypilot(["help", command]);
      expect(code).toBe(0);
      expect(stdout).toContain("Examples");
      expect(stdout).toContain("Exit codes");
    }
  });

  it("suggests the command and the option that were meant, and exits with 2", async () => {
    const command = await polypilot(["inspct", "x"]);
    expect(command).toMatchObject({ code: 2, stdout: "" });
    expect(command.stderr).toContain("Did you mean inspect?");
    const option = await polypilot(["inspect", "--jsn", "x"]);
    expect(option).toMatchObject({ code: 2, stdout: "" });
    expect(option.stderr).toContain("Did you mean --json?");
  });

  it("tells a wrong file in one line without a stack, and where it came from with --debug", async () => {
    const plain = await polypilot(["inspect", "no-such-file.mcap"]);
    expect(plain).toMatchObject({ code: 2, stdout: "" });
    expect(plain.stderr.trim().split("\n")).toHaveLength(1);
    expect(plain.stderr).toMatch(/^\[cli\] \[inspect\] .* Found nothing of that name\. /);
    const debug = await polypilot(["inspect", "no-such-file.mcap", "--debug"]);
    expect(debug.stderr).toMatch(/\n\s+at /);
  });
});
