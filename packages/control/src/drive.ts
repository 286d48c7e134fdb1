import { availableParallelism } from "node:os";
import {
  type Arrival,
  type Command,
  type Contract,
  every,
  type Feature,
  type HeadPrediction,
  type Nanoseconds,
  type Prediction,
  type Predictor,
  type Robot,
  secToNs,
} from "@polypilot/core";
import { apartStream, type FeatureThreads, featureThreads } from "@polypilot/sensors";
import { alignmentOf, dropWhileBusy, type SynchronisedSet, synchronise } from "@polypilot/streams";
import { Observable } from "rxjs";
import { checkPredictor } from "./check-predictor.js";
import type { DriveHealth } from "./drive-health.js";
import { intake } from "./intake.js";
import { interpolate, isLater, type LateRefusal, type LaterFeature, setFeatures } from "./later-feature.js";
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
 * JPEGs and large images are decoded in threads, and only those that reach the model; one that cannot be decoded is counted as a
 * drop of its stream and answered by a prediction whose error names it.
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
  const threads = threadsFor(contract);
  const subscription = answers(options, pilot, threads).subscribe((answer) => {
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
      await threads?.close();
    },
    health: () => ({
      ...pilot.ledger.health((stream) => pilot.watches[stream]?.newestNs, clock.nowNs()),
      lastError: pilot.lastError,
    }),
    resume: () => predictor.resume?.(),
  };
}

/** A thread for each stream whose messages are much work, as far as there are processors beside the one that controls. */
function threadsFor(contract: Contract): FeatureThreads | undefined {
  const streams = Object.entries(contract.streams).filter(([, stream]) => apartStream(stream));
  if (streams.length === 0) return undefined;
  const threads = Math.min(streams.length, Math.max(1, availableParallelism() - 1));
  return featureThreads({ streams: Object.fromEntries(streams), threads });
}

/** The way from messages to the model's answers. */
function answers(options: DriveOptions, pilot: Pilot, threads: FeatureThreads | undefined): Observable<Inference> {
  const { robot, contract } = options;
  const { ledger, watches } = pilot;
  const predict = inference(options);
  let arrivedNs = 0n; // when the message came that is being handled
  const onArrival = (stream: string, arrival: Arrival) => {
    arrivedNs = arrival.receivedNs;
    pilot.arrive(stream, arrival);
  };
  const hasMoved = (nowNs: Nanoseconds) => pilot.hasMoved(nowNs);
  const decodeLater = (stream: string, message: object) => threads!.decode(stream, message);
  return intake(robot, contract, { watches, ledger, onArrival, hasMoved, decodeLater }).pipe(
    synchronise({ ...alignmentOf(contract), interpolate, onDrop: ledger.dropped }),
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
  const isInput = (stream: string) => Object.hasOwn(predictor.inputs, stream);
  const ask = async (set: SynchronisedSet<Feature | LaterFeature>) => {
    const given = setFeatures(set, isInput);
    const made = given instanceof Promise ? await given : given;
    if ("refused" in made) throw new Undecodable(made.refused);
    return predictor.predict(made.features);
  };
  return (set: SynchronisedSet<Feature | LaterFeature>, startedNs: Nanoseconds): Observable<Inference> =>
    new Observable((subscriber) => {
      seq += 1n;
      const members = Object.entries(set.samples);
      const given = {
        seq,
        stampNs: set.stampNs,
        startedNs,
        stampsNs: Object.fromEntries(members.map(([name, { stampNs }]) => [name, stampNs])),
      };
      const decoded = members.filter(([name, { value }]) => isLater(value) && isInput(name)).map(([name]) => name);
      clock.finish(ask(set), nominalLatencyNs, (result) => {
        if (subscriber.closed) return;
        const finished = { ...given, finishedNs: clock.nowNs() };
        if (result.ok) subscriber.next({ ...finished, error: "", heads: result.value, decoded });
        else subscriber.next({ ...finished, ...failure(result.reason, decoded), heads: {} });
        subscriber.complete();
      });
    });
}

/** Thrown in place of an answer where the model cannot be asked. */
class Undecodable extends Error {
  constructor(readonly refused: readonly LateRefusal[]) {
    super(refused.map(({ stream, reason }) => `${stream}: ${reason}`).join(", "));
  }
}

/** What an inference without an answer tells. */
function failure(reason: unknown, decoded: readonly string[]): Pick<Inference, "error" | "refused" | "decoded"> {
  if (!(reason instanceof Undecodable)) return { error: textOf(reason), decoded };
  const { message, refused } = reason;
  return { error: message, refused, decoded: decoded.filter((name) => !refused.some(({ stream }) => stream === name)) };
}

const textOf = (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)) || "unknown error";
