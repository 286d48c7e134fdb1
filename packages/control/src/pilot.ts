import type { Arrival, Command, Contract, Nanoseconds, Prediction, Robot } from "@polypilot/core";
import { type Ledger, ledger } from "./drive-health.js";
import { type Executed, nothingExecuted, readExecuted } from "./executed.js";
import type { Wish } from "./fault.js";
import {
  COMMAND_TOPIC,
  commandMessage,
  type commandSources,
  type Inference,
  PREDICTION_TOPIC,
  predictionMessage,
  streamHealths,
} from "./messages.js";
import { robotCommand } from "./robot-command.js";
import { type GateState, type SafetyGate, safetyGate } from "./safety-gate.js";
import { wantedSpeed } from "./speed.js";
import { disproven, proven, type StreamWatch } from "./stream-watch.js";

/** Good predictions in a row after which a model that failed is trusted again. */
export const RECOVERY_PREDICTIONS = 3;

/** How long a robot that was told to move may show a camera the same picture. */
const STARTING_NS = 1_000_000_000n;

/** What a pilot needs to have and whom it tells. */
export interface PilotOptions {
  readonly robot: Pick<Robot, "publish">;
  readonly contract: Contract;
  readonly onCommand?: ((command: Command) => void) | undefined;
  readonly onPrediction?: ((prediction: Prediction, inference: Inference) => void) | undefined;
}

interface Decided {
  readonly limited: { readonly steeringRad: number; readonly speedMps: number };
  readonly source: keyof typeof commandSources;
  readonly reason: string;
}

/**
 * Turns predictions into commands, one a tick: speed rule, safety gate, the robot's message and our own.
 *
 * A function of the order and content of what it is told, and of nothing else: it never asks for the time.
 */
export class Pilot {
  readonly ledger: Ledger;
  /** What is known of each stream; kept up to date by the intake. */
  readonly watches: Record<string, StreamWatch> = {};
  /** Why the model's last answer was an error; empty if it was none. */
  lastError = "";
  private readonly gate: SafetyGate;
  private state: GateState;
  private executed: Executed = nothingExecuted;
  private newest: { readonly inference: Inference; readonly wish: Wish } | undefined;
  /** Whether no command was made from the newest prediction yet. */
  private unused = false;
  private workerFailed = false;
  private goodInARow = 0;
  /** Since when the speed that was let through is above 0. */
  private movingSinceNs: Nanoseconds | undefined;

  constructor(private readonly options: PilotOptions) {
    this.ledger = ledger(options.contract);
    this.gate = safetyGate(options.contract);
    this.state = this.gate.initial;
  }

  /** One message came in on a stream, whatever becomes of it. */
  arrive(stream: string, { message }: Arrival): void {
    this.executed = readExecuted(this.options.contract, this.executed, stream, message);
  }

  /** Whether the robot has been told to move for a while. */
  hasMoved(nowNs: Nanoseconds): boolean {
    return this.movingSinceNs !== undefined && nowNs - this.movingSinceNs >= STARTING_NS;
  }

  /** The model answered. */
  take(inference: Inference): void {
    const { robot, contract, onPrediction } = this.options;
    this.judge(inference);
    if (!inference.refused) this.lastError = inference.error;
    if (inference.refused) {
      // no fault of the model's
    } else if (inference.error) {
      this.ledger.predictions.errors += 1;
      this.workerFailed = true;
      this.goodInARow = 0;
    } else {
      this.goodInARow += 1;
      if (this.goodInARow >= RECOVERY_PREDICTIONS) this.workerFailed = false;
      const wish = wishOf(contract, inference);
      const refused = !Number.isFinite(wish.steeringRad) || !Number.isFinite(wish.sigmaRad ?? 0);
      this.ledger.predictions[refused ? "refused" : "good"] += 1;
      this.newest = { inference, wish };
      this.unused = true;
    }
    const message = predictionMessage(contract, inference, this.ledger.drops);
    robot.publish(PREDICTION_TOPIC, "polypilot_msgs/msg/Prediction", message);
    onPrediction?.(message, inference);
  }

  /** Keeps what decoding told of the set's messages. */
  private judge({ refused = [], decoded = [], stampsNs }: Inference): void {
    const { reference } = this.options.contract;
    for (const name of decoded) this.watches[name] = proven(this.watches[name] ?? {}, stampsNs[name]!);
    for (const { stream, reason, first } of refused) {
      this.watches[stream] = disproven(this.watches[stream] ?? {}, reason);
      if (first) this.ledger.dropped(stream, reason);
    }
    const companion = refused.find(({ stream }) => stream !== reference);
    if (companion && !refused.some(({ stream }) => stream === reference))
      this.ledger.dropped(reference, `no_${companion.stream}`);
  }

  /** One control period ends, or a prediction wants to be acted on at once. */
  tick(nowNs: Nanoseconds): void {
    const { watches: streams, workerFailed, newest } = this;
    const output = this.gate.gate(this.state, { nowNs, streams, workerFailed, ...(newest && { wish: newest.wish }) });
    this.state = output.state;
    this.movingSinceNs = output.limited.speedMps > 0 ? (this.movingSinceNs ?? nowNs) : undefined;
    this.send(nowNs, output);
  }

  /** Commands speed 0 for good, in a person's name. */
  stop(nowNs: Nanoseconds): void {
    const limited = { steeringRad: this.state.steering.value, speedMps: 0 };
    this.send(nowNs, { limited, source: "person", reason: "stopped" });
  }

  private send(nowNs: Nanoseconds, decided: Decided): void {
    const { robot, contract, onCommand } = this.options;
    const { newest, executed } = this;
    const stampsNs: Record<string, Nanoseconds | undefined> = {};
    for (const [name, stream] of Object.entries(contract.streams))
      stampsNs[name] = stream.feature ? newest?.inference.stampsNs[name] : this.watches[name]?.newestNs;
    const streams = streamHealths(contract, stampsNs, this.ledger.drops, nowNs);
    const from = { seq: newest?.inference.seq ?? 0n, streams };
    const commanded = newest?.wish ?? { steeringRad: 0, speedMps: 0 };
    const command = commandMessage(nowNs, commanded, decided, executed, from);
    const { limited, source, reason } = decided;
    const own = robotCommand(contract, command.header, limited.steeringRad, limited.speedMps);
    robot.publish(contract.command.topic, own.type, own.message);
    robot.publish(COMMAND_TOPIC, "polypilot_msgs/msg/Command", command);
    if (newest && this.unused) this.ledger.latency.add(nowNs - newest.inference.stampNs);
    this.unused = false;
    this.ledger.command(source, reason);
    onCommand?.(command);
  }
}

function wishOf(contract: Contract, { heads, stampsNs }: Inference): Wish {
  const head = heads[contract.command.steering.head];
  const steeringRad = head?.mean[0] ?? NaN;
  const sigmaRad = head?.sigma[0];
  const speedMps = wantedSpeed(contract, steeringRad, sigmaRad);
  return { steeringRad, speedMps, stampsNs, ...(sigmaRad !== undefined && { sigmaRad }) };
}
