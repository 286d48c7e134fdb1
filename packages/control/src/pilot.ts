import type { Arrival, Command, Contract, Nanoseconds, Prediction, Robot } from "@polypilot/core";
import { type Ledger, ledger as newLedger } from "./drive-health.js";
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
import { safetyGate } from "./safety-gate.js";
import { wantedSpeed } from "./speed.js";
import type { StreamWatch } from "./stream-watch.js";

/** Good predictions in a row after which a model that failed is trusted again. */
export const RECOVERY_PREDICTIONS = 3;

/** What a pilot needs to have and whom it tells. */
export interface PilotOptions {
  readonly robot: Pick<Robot, "publish">;
  readonly contract: Contract;
  readonly onCommand?: ((command: Command) => void) | undefined;
  readonly onPrediction?: ((prediction: Prediction, inference: Inference) => void) | undefined;
}

/** Everything between what has come in and what is commanded; it never asks for the time. */
export interface Pilot {
  readonly ledger: Ledger;
  /** Kept up to date by the intake. */
  readonly watches: Record<string, StreamWatch>;
  /** Why the model's last answer was an error; empty if it was none. */
  readonly lastError: string;
  arrive(stream: string, arrival: Arrival): void;
  take(inference: Inference): void;
  tick(nowNs: Nanoseconds): void;
  /** Commands speed 0 for good, in a person's name. */
  stop(nowNs: Nanoseconds): void;
}

/**
 * Turns predictions into commands, one a tick: speed rule, safety gate, the robot's message and our own.
 *
 * A function of the order and content of what it is told, and of nothing else.
 */
export function pilot({ robot, contract, onCommand, onPrediction }: PilotOptions): Pilot {
  const { initial, gate } = safetyGate(contract);
  const ledger = newLedger(contract);
  const watches: Record<string, StreamWatch> = {};
  let state = initial;
  let executed: Executed = nothingExecuted;
  let newest: { readonly inference: Inference; readonly wish: Wish } | undefined;
  let unused = false; // whether no command was made from the newest prediction yet
  let workerFailed = false;
  let goodInARow = 0;
  let lastError = "";

  const send = (
    nowNs: Nanoseconds,
    limited: { readonly steeringRad: number; readonly speedMps: number },
    source: keyof typeof commandSources,
    reason: string,
  ) => {
    const stampsNs: Record<string, Nanoseconds | undefined> = {};
    for (const [name, stream] of Object.entries(contract.streams))
      stampsNs[name] = stream.feature ? newest?.inference.stampsNs[name] : watches[name]?.newestNs;
    const streams = streamHealths(contract, stampsNs, ledger.drops, nowNs);
    const seq = newest?.inference.seq ?? 0n;
    const commanded = newest?.wish ?? { steeringRad: 0, speedMps: 0 };
    const command = commandMessage(nowNs, commanded, { limited, source, reason }, executed, { seq, streams });
    const own = robotCommand(contract, command.header, limited.steeringRad, limited.speedMps);
    robot.publish(contract.command.topic, own.type, own.message);
    robot.publish(COMMAND_TOPIC, "polypilot_msgs/msg/Command", command);
    if (newest && unused) ledger.latency.add(nowNs - newest.inference.stampNs);
    unused = false;
    onCommand?.(command);
  };
  return {
    ledger,
    watches,
    get lastError() {
      return lastError;
    },
    arrive(stream, arrival) {
      executed = readExecuted(contract, executed, stream, arrival.message);
    },
    take(inference) {
      lastError = inference.error;
      if (inference.error) {
        ledger.predictions.errors += 1;
        workerFailed = true;
        goodInARow = 0;
      } else {
        goodInARow += 1;
        if (goodInARow >= RECOVERY_PREDICTIONS) workerFailed = false;
        newest = { inference, wish: wishOf(contract, inference) };
        unused = true;
        const refused = !Number.isFinite(newest.wish.steeringRad) || !Number.isFinite(newest.wish.sigmaRad ?? 0);
        ledger.predictions[refused ? "refused" : "good"] += 1;
      }
      const message = predictionMessage(contract, inference, ledger.drops);
      robot.publish(PREDICTION_TOPIC, "polypilot_msgs/msg/Prediction", message);
      onPrediction?.(message, inference);
    },
    tick(nowNs) {
      const output = gate(state, { nowNs, streams: watches, workerFailed, ...(newest && { wish: newest.wish }) });
      state = output.state;
      ledger.command(output.source, output.reason);
      send(nowNs, output.limited, output.source, output.reason);
    },
    stop(nowNs) {
      ledger.command("person", "stopped");
      send(nowNs, { steeringRad: state.steering.value, speedMps: 0 }, "person", "stopped");
    },
  };
}

function wishOf(contract: Contract, { heads, stampsNs }: Inference): Wish {
  const head = heads[contract.command.steering.head];
  const steeringRad = head?.mean[0] ?? NaN;
  const sigmaRad = head?.sigma[0];
  const speedMps = wantedSpeed(contract, steeringRad, sigmaRad);
  return { steeringRad, speedMps, stampsNs, ...(sigmaRad !== undefined && { sigmaRad }) };
}
