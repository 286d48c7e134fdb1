import {
  type Arrival,
  type Command,
  type Contract,
  every,
  type Feature,
  type FeatureData,
  type HeadPrediction,
  type Nanoseconds,
  type Prediction,
  type Predictor,
  type Robot,
  secToNs,
} from "@polypilot/core";
import { alignmentOf, dropWhileBusy, interpolateFeature, type SynchronisedSet, synchronise } from "@polypilot/streams";
import { Observable } from "rxjs";
import { checkPredictor } from "./check-predictor.js";
import type { DriveHealth } from "./drive-health.js";
import { intake } from "./intake.js";
import type { Inference } from "./messages.js";
import { Pilot } from "./pilot.js";

/** How long an inference takes in virtual time, if nothing else is said. */
export const NOMINAL_LATENCY_NS: Nanoseconds = 10_000_000n;

/** A model that drives; one that can give up after failures may be told to try again. */
export type DrivePredictor = Predictor & { resume?(): void };

export interface DriveOptions {
  readonly robot: Robot;
  readonly contract: Contract;
  readonly predictor: DrivePredictor;
  /** How long an inference takes in virtual time; 10 ms by default. */
  readonly nominalLatencyNs?: Nanoseconds;
  readonly onCommand?: (command: Command) => void;
  /** Told of each answer of the model, with all its heads. */
  readonly onPrediction?: (prediction: Prediction, heads: Readonly<Record<string, HeadPrediction>>) => void;
}

/** A robot that is being driven. */
export interface DriveSession {
  /** Commands speed 0, then lets go of the robot: no timer and no subscription is left. May be called again. */
  stop(): Promise<void>;
  health(): DriveHealth;
  /** Lets a model that gave up after too many failures try again; driving goes on by the same rules as after any fault. */
  resume(): void;
}

/**
 * Drives a robot: from its sensors' messages to safe commands.
 *
 * Arrivals are decoded, synchronised by stamp as the contract says, and given to the model one set at a time; what arrives while
 * it works is dropped and counted. Commands go out at `command.rate_hz`, and at once with each answer of the model, made from the
 * newest prediction and let through, limited or replaced by the safety gate. Each is published twice: as the robot takes it on
 * the contract's topic, and with all that it was made from on `/polypilot/command`; each answer on `/polypilot/prediction`.
 *
 * What is commanded is a function of arrivals, answers and ticks with their times, in their order: in virtual time the same run
 * gives the same bytes, and a recorded run can be replayed (`replay`). The robot stands until all streams are fresh.
 *
 * @throws PolypilotError `CONTROL_PREDICTOR` if the model was made for another robot.
 * @example
 * const predictor = await workerPredictor({ checkpoint: "checkpoints/sim-car" });
 * const session = drive({ robot, contract, predictor });
 * process.once("SIGINT", () => void session.stop().then(() => predictor.close()));
 */
export function drive(options: DriveOptions): DriveSession {
  const { robot, contract, predictor, onCommand, onPrediction } = options;
  const { clock } = robot;
  checkPredictor(contract, predictor);
  const pilot = new Pilot({
    robot,
    contract,
    onCommand,
    onPrediction: onPrediction && ((message, { heads }) => onPrediction(message, heads)),
  });
  const subscription = answers(options, pilot).subscribe((answer) => {
    pilot.take(answer);
    pilot.tick(answer.finishedNs);
  });
  const startNs = clock.nowNs();
  const periodNs = secToNs(1 / contract.command.rate_hz);
  pilot.tick(startNs); // the first command marks the beginning in a recording
  const stopTicks = every(clock, periodNs, startNs + periodNs, (nowNs) => pilot.tick(nowNs));
  let stopped = false;
  return {
    async stop() {
      if (stopped) return;
      stopped = true;
      pilot.stop(clock.nowNs());
      stopTicks();
      subscription.unsubscribe();
    },
    health: () => ({
      ...pilot.ledger.health((stream) => pilot.watches[stream]?.newestNs, clock.nowNs()),
      lastError: pilot.lastError,
    }),
    resume: () => predictor.resume?.(),
  };
}

/** The way from messages to the model's answers. */
function answers(options: DriveOptions, pilot: Pilot): Observable<Inference> {
  const { robot, contract } = options;
  const { ledger, watches } = pilot;
  const predict = inference(options);
  let arrivedNs = 0n; // when the message came that is being handled
  const onArrival = (stream: string, arrival: Arrival) => {
    arrivedNs = arrival.receivedNs;
    pilot.arrive(stream, arrival);
  };
  return intake(robot, contract, { watches, ledger, onArrival, hasMoved: (nowNs) => pilot.hasMoved(nowNs) }).pipe(
    synchronise({ ...alignmentOf(contract), interpolate: interpolateFeature, onDrop: ledger.dropped }),
    dropWhileBusy(
      (set) => predict(set, arrivedNs),
      () => ledger.dropped(contract.reference, "busy"),
    ),
  );
}

/** One inference over a synchronised set: answers once, on the run's clock, and never with an error. */
function inference({ robot, predictor, nominalLatencyNs = NOMINAL_LATENCY_NS }: DriveOptions) {
  const { clock } = robot;
  let seq = 0n;
  return (set: SynchronisedSet<Feature>, startedNs: Nanoseconds): Observable<Inference> =>
    new Observable((subscriber) => {
      seq += 1n;
      const members = Object.entries(set.samples);
      const features: Record<string, FeatureData> = {};
      for (const [name, { value }] of members) if (Object.hasOwn(predictor.inputs, name)) features[name] = value.data;
      const given = {
        seq,
        stampNs: set.stampNs,
        startedNs,
        stampsNs: Object.fromEntries(members.map(([name, { stampNs }]) => [name, stampNs])),
      };
      const work = (async () => predictor.predict(features))(); // so that what it throws is an answer too
      clock.finish(work, nominalLatencyNs, (result) => {
        if (subscriber.closed) return;
        const finishedNs = clock.nowNs();
        if (result.ok) subscriber.next({ ...given, finishedNs, error: "", heads: result.value });
        else subscriber.next({ ...given, finishedNs, error: textOf(result.reason), heads: {} });
        subscriber.complete();
      });
    });
}

const textOf = (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)) || "unknown error";
