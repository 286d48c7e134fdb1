import { virtualClock } from "@polypilot/core";
import { type CommandLog, commandLog } from "./command-log.js";
import { type DriveOptions, drive, NOMINAL_LATENCY_NS } from "./drive.js";
import type { DriveHealth } from "./drive-health.js";
import type { ReplayMessage } from "./replay.js";
import { topicBus } from "./topic-bus.js";

export interface DriveRecordingOptions extends Omit<DriveOptions, "robot"> {
  readonly recording: AsyncIterable<ReplayMessage>;
}

export interface DriveRecordingResult {
  /** Messages that the drive was given. */
  readonly arrivals: number;
  readonly commands: number;
  readonly commandsSha256: string;
  readonly health: DriveHealth;
}

/**
 * Drives on a recording's sensor messages, in virtual time on its log times: what would have been commanded.
 *
 * For recordings that hold no drive of ours: somebody's ROS bag, an imported data set. The same recording gives the same commands.
 * Log times that go back arrive at once.
 */
export async function driveRecording(options: DriveRecordingOptions): Promise<DriveRecordingResult> {
  const log: CommandLog = commandLog();
  let arrivals = 0;
  let run: ReturnType<typeof begin> | undefined;
  for await (const { topic, type, message, logTimeNs } of options.recording) {
    if (!message) continue;
    run ??= begin(options, logTimeNs, log);
    await run.clock.runUntil(logTimeNs);
    if (run.robot.deliver(topic, type, message, run.clock.nowNs())) arrivals += 1;
  }
  run ??= begin(options, 0n, log);
  await run.clock.runUntil(run.clock.nowNs() + (options.nominalLatencyNs ?? NOMINAL_LATENCY_NS)); // lets the last inference end
  const health = run.session.health();
  await run.session.stop();
  return { arrivals, commands: log.count, commandsSha256: log.sha256(), health };
}

function begin(options: DriveRecordingOptions, startNs: bigint, log: CommandLog) {
  const clock = virtualClock(startNs);
  const robot = topicBus(clock, () => {});
  const session = drive({
    ...options,
    robot,
    onCommand: (command) => {
      log.add(command);
      options.onCommand?.(command);
    },
  });
  return { clock, robot, session };
}
