import { Command } from "commander";
import type { Finding } from "../doctor/finding.js";
import { runtimeFindings } from "../doctor/runtimes.js";
import { systemFindings } from "../doctor/system.js";
import { exitCode } from "../exit-code.js";
import { createOutput } from "../output.js";
import { table } from "../table.js";

interface Diagnosis {
  readonly ready: { readonly drive: boolean; readonly train: boolean; readonly ros: boolean };
  readonly findings: readonly Finding[];
}

function diagnose(findings: readonly Finding[]): Diagnosis {
  const ok = (name: string) => findings.some((finding) => finding.name === name && finding.state === "ok");
  const drive = findings.every((finding) => !finding.required || finding.state === "ok");
  return { ready: { drive, train: drive && ok("TensorFlow"), ros: ok("ROS 2") }, findings };
}

function toText({ ready, findings }: Diagnosis): string {
  const rows = findings.map(({ name, state, found, neededFor }) => [name, state, found, `for ${neededFor}`]);
  const todo = findings.filter((finding) => finding.toType !== "");
  const yes = (what: boolean, does: string) => `${what ? "can" : "cannot yet"} ${does}`;
  return [
    `This machine ${yes(ready.drive, "drive")}, ${yes(ready.train, "train")}, ${yes(ready.ros, "speak to ROS 2")}.`,
    "",
    table(rows),
    ...(todo.length > 0 ? ["", "To get what is missing, type:"] : []),
    ...todo.map((finding) => `  ${finding.name}: ${finding.toType}`),
  ].join("\n");
}

/** `polypilot doctor`: what this machine has and lacks. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Says what this machine has and lacks, what each thing is for, and what to type to get it.")
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
Examples
  polypilot doctor          Node, compiler, Python, TensorFlow, onnxruntime, GPU, ROS 2, free disk
  polypilot doctor --json   the same as { ready: { drive, train, ros }, findings: [{ name, state, found, … }] }

Exit codes: 0 this machine can drive, 1 it cannot.`,
    )
    .action(async (options: { json?: boolean }) => {
      const diagnosis = diagnose([...(await systemFindings()), ...(await runtimeFindings())]);
      createOutput(options.json === true).result(diagnosis, toText);
      process.exitCode = diagnosis.ready.drive ? exitCode.ok : exitCode.failed;
    });
}
