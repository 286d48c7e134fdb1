import { Command } from "commander";
import { exitCode } from "../exit-code.js";
import { inspect } from "../inspect/inspect.js";
import { toText } from "../inspect/to-text.js";
import { listenToInterrupt } from "../interrupt.js";
import { createOutput } from "../output.js";

async function look(path: string, options: { json?: boolean }): Promise<void> {
  const interrupt = listenToInterrupt();
  try {
    createOutput(options.json === true).result(await inspect(path, interrupt.signal), toText);
  } catch (error) {
    if (!interrupt.interrupted) throw error;
    process.exitCode = exitCode.interrupted;
  } finally {
    interrupt.release();
  }
}

/** `polypilot inspect`: what is in a recording, a checkpoint or a contract. */
export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Says in words what is in a recording (.mcap), a checkpoint folder or a contract (.yaml).")
    .argument("<path>", "an .mcap file, a checkpoint folder, or a robot.yaml")
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
What comes out
  a recording    topics with type, count, rate and gaps; duration, episodes, contract; whether the file is whole or was cut
  a checkpoint   the robot, inputs and heads, sharing and weighting, what it was trained on, size of each file
  a contract     what the robot senses, predicts and may command, or each mistake with its line

Examples
  polypilot inspect runs/a.mcap
  polypilot inspect checkpoints/sim-car
  polypilot inspect contracts/sim-car.yaml --json

Exit codes: 0 done, 2 no such file, or not one of the three, 130 stopped by Ctrl-C.`,
    )
    .action(look);
}
