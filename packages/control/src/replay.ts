import {
  type Command,
  type Contract,
  encodeMessage,
  fromRosTime,
  type Nanoseconds,
  PolypilotError,
  type Prediction,
  type Predictor,
} from "@polypilot/core";
import { commandLog } from "./command-log.js";
import { type DriveSession, drive } from "./drive.js";
import type { DriveHealth } from "./drive-health.js";
import { COMMAND_TOPIC, commandSources, PREDICTION_TOPIC } from "./messages.js";
import { replayClock } from "./replay-clock.js";
import { topicBus } from "./topic-bus.js";

/** One message of a recording; `message` is undefined if its type is not known. */
export interface ReplayMessage {
  readonly topic: string;
  readonly type: string;
  readonly message: object | undefined;
  readonly logTimeNs: Nanoseconds;
}

export interface ReplayOptions {
  /** In the order in which the program saw and did things, as a tap records it. */
  readonly recording: AsyncIterable<ReplayMessage>;
  readonly contract: Contract;
  readonly predictor: Predictor;
  /** Told of each command that was made anew. */
  readonly onCommand?: (command: Command) => void;
}

export interface ReplayResult {
  /** Messages of the recording that the drive was given. */
  readonly arrivals: number;
  /** Predictions and commands of the recording. */
  readonly predictions: number;
  readonly commands: number;
  /** Those that did not come out byte-equal, or came out only on one side. */
  readonly mismatches: { readonly predictions: number; readonly commands: number };
  /** The first of them, in words; empty if there is none. */
  readonly firstMismatch: string;
  /** Over all commands, see `commandLog`. */
  readonly commandsSha256: { readonly recorded: string; readonly replayed: string };
  readonly health: DriveHealth;
}

/**
 * Drives a recorded run again and compares every prediction and command with the recorded one, byte by byte.
 *
 * The recording says what came in, when inferences ended and when the control ticks were; everything else is done anew. A drive
 * begins with the first command of the recording and ends with the one that stopped it; another may follow.
 *
 * @throws PolypilotError `CONTROL_REPLAY` if the recording holds no command of a drive: use `driveRecording`.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const run = new Replay(options);
  for await (const record of options.recording) await run.next(record);
  return run.end();
}

class Replay {
  private readonly clock = replayClock(0n);
  private readonly robot = topicBus(this.clock, (topic, message) => this.published(topic, message));
  private readonly recorded = commandLog();
  private readonly replayed = commandLog();
  private readonly made: { commands: Command[]; predictions: Prediction[] } = { commands: [], predictions: [] };
  private readonly mismatches = { predictions: 0, commands: 0 };
  private session: DriveSession | undefined;
  private driving = false;
  private over = false;
  private arrivals = 0;
  private predictions = 0;
  private firstMismatch = "";

  constructor(private readonly options: ReplayOptions) {}

  async next({ topic, type, message, logTimeNs }: ReplayMessage): Promise<void> {
    if (!message) return;
    if (topic === COMMAND_TOPIC) await this.command(message as Command);
    else if (!this.driving) return;
    else if (topic === PREDICTION_TOPIC) await this.prediction(message as Prediction);
    else {
      this.clock.set(logTimeNs);
      if (this.robot.deliver(topic, type, message, logTimeNs)) this.arrivals += 1;
    }
  }

  async end(): Promise<ReplayResult> {
    if (!this.session) {
      throw new PolypilotError("CONTROL_REPLAY", ["control", "replay"], {
        expected: `the recording holds a drive's commands on ${COMMAND_TOPIC}`,
        found: "none",
        todo: "Drive it as a source of sensor messages instead: driveRecording, or polypilot drive --source",
      });
    }
    this.checkNothingLeft("the end");
    const health = this.session.health();
    const result = {
      arrivals: this.arrivals,
      predictions: this.predictions,
      commands: this.recorded.count,
      mismatches: { ...this.mismatches },
      firstMismatch: this.firstMismatch,
      commandsSha256: { recorded: this.recorded.sha256(), replayed: this.replayed.sha256() },
      health,
    };
    this.over = true; // what the session says while it ends was not part of the recorded run
    await this.session.stop();
    return result;
  }

  private async command(recorded: Command): Promise<void> {
    this.recorded.add(recorded);
    const name = `command ${this.recorded.count}`;
    if (this.made.commands.length === 0) {
      this.clock.set(fromRosTime(recorded.header.stamp));
      await this.makeCommand(recorded);
    }
    const again = this.made.commands.shift();
    const type = "polypilot_msgs/msg/Command";
    if (!again || !equal(encodeMessage(type, recorded), encodeMessage(type, again)))
      this.mismatch("commands", name, recorded, again);
  }

  private async makeCommand({ source, reason }: Command): Promise<void> {
    if (!this.driving) {
      this.driving = true;
      this.session = drive({ ...this.options, robot: this.robot });
    } else if (source === commandSources.person && reason === "stopped") {
      this.driving = false;
      await this.session!.stop();
      this.clock.abandon();
    } else this.clock.tick();
  }

  private async prediction(recorded: Prediction): Promise<void> {
    this.predictions += 1;
    const name = `prediction ${recorded.seq}`;
    this.checkNothingLeft(name);
    this.clock.set(fromRosTime(recorded.finished));
    await this.clock.complete(recorded.error);
    const again = this.made.predictions.shift();
    const type = "polypilot_msgs/msg/Prediction";
    if (!again || !equal(encodeMessage(type, recorded), encodeMessage(type, again)))
      this.mismatch("predictions", name, recorded, again);
  }

  private published(topic: string, message: object): void {
    if (this.over) return;
    if (topic === PREDICTION_TOPIC) this.made.predictions.push(message as Prediction);
    if (topic !== COMMAND_TOPIC) return;
    this.made.commands.push(message as Command);
    this.replayed.add(message as Command);
  }

  /** Whatever was made anew must have been met in the recording by now. */
  private checkNothingLeft(before: string): void {
    for (const command of this.made.commands.splice(0))
      this.mismatch("commands", `before ${before}`, undefined, command);
  }

  private mismatch(kind: "commands" | "predictions", name: string, recorded?: object, again?: object): void {
    this.mismatches[kind] += 1;
    this.firstMismatch ||= `${name}: recorded ${show(recorded)}, made anew ${show(again)}`;
  }
}

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const show = (message?: object) =>
  message ? JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value)) : "nothing";
