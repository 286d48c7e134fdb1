import { Command, Option } from "commander";
import { readContract } from "../contract-file.js";
import { positive, wholeNumber } from "../option-values.js";
import { createOutput } from "../output.js";
import { createProgress, type Progress } from "../progress.js";
import { shipped, shown } from "../repository.js";
import { duration, plural } from "../units.js";

interface ImportOptions {
  readonly from: "donkeycar-tub";
  readonly out: string;
  readonly contract: string;
  readonly maxSteering?: number;
  readonly rate?: number;
  readonly episodes?: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

async function importRecording(folder: string, options: ImportOptions): Promise<void> {
  const { importTub } = await import("@polypilot/dataset");
  const { text, name } = await readContract(options.contract);
  let progress: Progress | undefined;
  const report = await importTub({
    tub: folder,
    out: options.out,
    contract: { text, name },
    ...(options.maxSteering !== undefined && { maxSteeringRad: options.maxSteering }),
    ...(options.rate !== undefined && { rateHz: options.rate }),
    ...(options.episodes !== undefined && { episodes: options.episodes }),
    overwrite: options.force === true,
    onProgress: (done, of) => {
      progress ??= createProgress("importing", of, "images");
      progress.update(done);
    },
  }).finally(() => progress?.stop());
  createOutput(options.json === true).result({ out: options.out, ...report }, () =>
    [
      `${shown(options.out)} holds ${plural(report.frames, "frame")} (${report.labelled} driven by a person) of ${duration(report.durationSec)} in ${plural(report.episodes, "episode")}.`,
      ...(report.deleted > 0 ? [`${plural(report.deleted, "record")} marked as deleted left out.`] : []),
      ...(report.brokenLines.length > 0 ? [`Lines that are no record: ${report.brokenLines.join(", ")}.`] : []),
      ...(report.missingImages.length > 0 ? [`Images absent or broken: ${report.missingImages.join(", ")}.`] : []),
      `To learn from it: polypilot train --contract ${shown(options.contract)} --data ${shown(options.out)} --out runs/model`,
    ].join("\n"),
  );
}

/** `polypilot import`: other people's data as a recording. */
export function importCommand(): Command {
  return new Command("import")
    .description("Makes a recording of data in another form, so that everything here works on it.")
    .argument("<folder>", "the data: for donkeycar-tub, the tub's folder with its manifest.json and images")
    .addOption(new Option("--from <form>", "form of the data").choices(["donkeycar-tub"]).makeOptionMandatory())
    .requiredOption("--out <file>", "the recording to write, for example recordings/tub.mcap")
    .option("--contract <file>", "contract of the robot: names topics and heads", shipped("contracts/donkeycar.yaml"))
    .option("--max-steering <rad>", "steering angle at ±1 in the tub; 0.4363 rad (25°) if not given", positive)
    .option("--rate <hz>", "rate at which the tub was recorded; 20 Hz if not given", positive)
    .option(
      "--episodes <n>",
      "equal parts into which the drive is cut, so that it can be split; 10 if not given",
      wholeNumber,
    )
    .option("--force", "replace the recording if it exists")
    .option("--json", "print one JSON document instead of words")
    .addHelpText(
      "after",
      `
What comes out: an MCAP recording (profile ros2) with the images as they are, steering in rad with left positive (REP 103),
episodes, and the contract inside. Foxglove and ros2 bag open it.

Examples
  polypilot import --from donkeycar-tub ~/mycar/data/tub --out recordings/tub.mcap
  polypilot inspect recordings/tub.mcap
  polypilot train --contract contracts/donkeycar.yaml --data recordings/tub.mcap --out runs/donkeycar

Exit codes: 0 done, 2 the folder is no tub, the contract does not fit, or the recording exists.`,
    )
    .action(importRecording);
}
