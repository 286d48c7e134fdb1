import { COMMAND_TOPIC, driveRecording, PREDICTION_TOPIC, replay, workerPredictor } from "@polypilot/control";
import { type Command, fromRosTime, nsToSec, secToNs } from "@polypilot/core";
import { readRecording } from "@polypilot/dataset";
import type { Moment } from "../closed-loop/trace.js";
import { createTrace } from "../closed-loop/trace.js";
import type { Interrupt } from "../interrupt.js";
import { createProgress } from "../progress.js";
import { readSummary } from "../read-summary.js";
import { shown } from "../repository.js";
import { driveReport } from "./report.js";
import type { DriveSettings } from "./settings.js";
import { type DriveSummary, type ReplaySummary, streamSummary } from "./summary.js";
import { writeRun } from "./write-run.js";

const SOURCES = ["policy", "person", "safety"];

/** One command of ours as a moment of the report; nobody knows the lane on a recording. */
function momentOf(command: Command, startNs: bigint): Moment {
  return {
    sec: nsToSec(fromRosTime(command.header.stamp) - startNs),
    commandedRad: command.commanded_steering_rad,
    limitedRad: command.limited_steering_rad,
    executedRad: command.executed_steering_rad,
    commandedMps: command.commanded_speed_mps,
    limitedMps: command.limited_speed_mps,
    executedMps: command.executed_speed_mps,
    laneOffsetM: Number.NaN,
    source: SOURCES[command.source] ?? "",
  };
}

/** The recording's messages, with a bar, until Ctrl-C. */
async function* watched(path: string, total: number, signal: AbortSignal) {
  const progress = createProgress("driving on the recording", total, "messages");
  let done = 0;
  try {
    for await (const message of readRecording(path)) {
      if (signal.aborted) return;
      yield message;
      done += 1;
      progress.update(done);
    }
  } finally {
    progress.stop();
  }
}

/**
 * Drives on a recording's sensors, in its own time: what would have been commanded.
 *
 * A recording of a drive of ours is replayed, and each command compared with the recorded one, byte by byte.
 */
export async function driveOnRecording(settings: DriveSettings, interrupt: Interrupt): Promise<DriveSummary> {
  const { flags, contract: file, checkpoint, folder } = settings;
  const { contract } = file;
  const facts = await readSummary(flags.source);
  const predictor = await workerPredictor({
    checkpoint: checkpoint!,
    runtime: flags.runtime,
    ...(flags.executionProvider && { executionProviders: flags.executionProvider }),
    timeoutNs: secToNs(120),
  });
  const trace = createTrace();
  let startNs: bigint | undefined;
  const onCommand = (command: Command) => {
    const atNs = fromRosTime(command.header.stamp);
    startNs ??= atNs;
    const start = startNs;
    trace.add(() => momentOf(command, start));
  };
  const recording = watched(flags.source, facts.messages, interrupt.signal);
  const has = (wanted: string) => facts.topics.some(({ topic }) => topic === wanted);
  const ours = has(COMMAND_TOPIC) && has(PREDICTION_TOPIC); // a person's drive holds no predictions
  try {
    const options = { recording, contract, predictor, onCommand };
    const run = ours ? await replay(options) : await driveRecording(options);
    const elapsedSec = nsToSec(facts.endNs - facts.startNs);
    const again: ReplaySummary | undefined =
      "mismatches" in run
        ? {
            commands: run.commands,
            commandMismatches: run.mismatches.commands,
            predictionMismatches: run.mismatches.predictions,
            firstMismatch: run.firstMismatch,
            recordedSha256: run.commandsSha256.recorded,
          }
        : undefined;
    const { health } = run;
    const summary: Omit<DriveSummary, "report"> = {
      robot: contract.robot.name,
      driver: "policy",
      checkpoint,
      runtime: predictor.runtime,
      source: shown(flags.source),
      seed: undefined,
      virtual: true,
      interrupted: interrupt.interrupted,
      elapsedSec,
      autonomy: undefined,
      interventions: undefined,
      distanceM: undefined,
      meanSpeedMps: undefined,
      lateralMeanM: undefined,
      lateralRmsM: undefined,
      steeringRateRms: undefined,
      lateralJerkRms: undefined,
      commands: run.commands,
      commandsSha256: typeof run.commandsSha256 === "string" ? run.commandsSha256 : run.commandsSha256.replayed,
      predictions: health.predictions,
      predictionErrors: health.predictionErrors,
      refusedPredictions: health.refused,
      safety: health.safety,
      latencyMs: health.latencyMs,
      streams: Object.fromEntries(
        Object.entries(health.streams).map(([name, stream]) => [name, streamSummary(stream, elapsedSec)]),
      ),
      folder,
      recording: undefined,
      replay: again,
    };
    return await writeRun(summary, folder ? await driveReport(summary, trace.moments) : undefined);
  } finally {
    await predictor.close();
  }
}
