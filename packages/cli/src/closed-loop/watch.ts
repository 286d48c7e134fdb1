import { createHash } from "node:crypto";
import { COMMAND_TOPIC, commandLog, commandSources, type DriveStreamHealth } from "@polypilot/control";
import {
  type Arrival,
  type Contract,
  encodeMessage,
  type MessageType,
  nsToSec,
  type Robot,
  stampOf,
} from "@polypilot/core";
import type { Simulator, Truth } from "@polypilot/sim";
import { healthBoard } from "@polypilot/streams";
import { createTrace, type Moment } from "./trace.js";
import { readCommand } from "./wheel-command.js";

/** What is known of a drive from outside, whoever drives. */
export interface Watch {
  readonly moments: readonly Moment[];
  readonly now: Moment | undefined;
  /** The reference stream's newest message. */
  readonly picture: Arrival | undefined;
  readonly commands: number;
  /** Over the CDR bytes of every command in order. */
  commandsSha256(): string;
  /** What came on each stream; for a drive without a pipe of its own that counts. */
  streams(): Readonly<Record<string, DriveStreamHealth>>;
  stop(): void;
}

const SOURCES = Object.fromEntries(Object.entries(commandSources).map(([name, number]) => [number, name]));

/** Counts arrivals by stream. */
function meterStreams(robot: Robot, contract: Contract) {
  const board = healthBoard(Object.keys(contract.streams));
  const stops = Object.entries(contract.streams).map(([name, { topic, type }]) =>
    robot.subscribe(topic, type as MessageType, ({ message, receivedNs }) =>
      board.receive(name, stampOf(message) ?? receivedNs, receivedNs),
    ),
  );
  const streams = (): Record<string, DriveStreamHealth> =>
    Object.fromEntries(
      Object.entries(board.at(robot.clock.nowNs())).map(([name, { received, rateHz, ageNs, dropped }]) => [
        name,
        { received, rateHz, ageNs, drops: dropped, warnings: {} },
      ]),
    );
  return { streams, stops };
}

/** The fingerprint of what was commanded: our own command messages, or the robot's where nobody tells more. */
function fingerprint(contract: Contract) {
  const log = commandLog();
  const plain = createHash("sha256");
  let sent = 0;
  return {
    told: log.add,
    sent(arrival: Arrival) {
      plain.update(encodeMessage(contract.command.type as MessageType, arrival.message));
      sent += 1;
    },
    get commands() {
      return log.count > 0 ? log.count : sent;
    },
    sha256: () => (log.count > 0 ? log.sha256() : plain.copy().digest("hex")),
  };
}

/** Watches a simulated drive through the same messages that a recorder sees, and the truth. */
export function watchDrive(simulator: Simulator): Watch {
  const { contract, clock } = simulator;
  const startNs = clock.nowNs();
  const trace = createTrace();
  const marks = fingerprint(contract);
  const meter = meterStreams(simulator, contract);
  let [commandedRad, commandedMps, limitedRad, limitedMps] = [0, 0, 0, 0];
  let source = "";
  let picture: Arrival | undefined;
  let now: Moment | undefined;
  const moment = (truth: Truth): Moment => ({
    sec: nsToSec(truth.stampNs - startNs),
    ...{ commandedRad, limitedRad, commandedMps, limitedMps, source },
    executedRad: truth.steeringRad,
    executedMps: truth.speedMps,
    laneOffsetM: truth.laneOffsetM,
  });
  const reference = contract.streams[contract.reference]!;
  const stops = [
    ...meter.stops,
    simulator.subscribe(reference.topic, reference.type as MessageType, (arrival: Arrival) => {
      picture = arrival;
    }),
    simulator.subscribe(contract.command.topic, contract.command.type as MessageType, (arrival: Arrival) => {
      marks.sent(arrival);
      const command = readCommand(contract, arrival);
      [limitedRad, limitedMps] = [command.steeringRad, command.speedMps];
      if (source === "") [commandedRad, commandedMps] = [limitedRad, limitedMps];
    }),
    simulator.subscribe(COMMAND_TOPIC, "polypilot_msgs/msg/Command", ({ message }) => {
      marks.told(message);
      source = SOURCES[message.source] ?? "";
      [commandedRad, commandedMps] = [message.commanded_steering_rad, message.commanded_speed_mps];
    }),
    simulator.onCamera((truth) => {
      now = moment(truth);
      trace.add(() => now!);
    }),
  ];
  return {
    get moments() {
      return trace.moments;
    },
    get now() {
      return now;
    },
    get picture() {
      return picture;
    },
    get commands() {
      return marks.commands;
    },
    commandsSha256: marks.sha256,
    streams: meter.streams,
    stop() {
      for (const stop of stops) stop();
    },
  };
}
