import {
  type Clock,
  type Contract,
  type MessageType,
  type Nanoseconds,
  type Robot,
  random,
  toRosTime,
} from "@polypilot/core";
import { bus } from "./bus.js";
import { cameraStreams, type Frame } from "./camera-streams.js";
import { driveCommandOf } from "./command.js";
import type { Fault } from "./faults/fault.js";
import { injector } from "./faults/injector.js";
import { outlet } from "./outlet.js";
import { repeat } from "./schedule.js";
import { scalarStreams } from "./sensor-streams.js";
import { checkStreams } from "./streams.js";
import type { Track, TrackOptions } from "./track/track.js";
import { truthTypes } from "./truth/topics.js";
import { type Truth, truthOf } from "./truth/truth.js";
import { motion } from "./vehicle/motion.js";
import { vehicleSpec } from "./vehicle/vehicle.js";
import type { Prop } from "./world/prop.js";
import { generateWorld } from "./world/world.js";

export interface SimulatorOptions {
  /** Topics, types, rates and image sizes of the sensors, the car's size, and the command's topic and type. */
  readonly contract: Contract;
  /** Chooses the world, the car's small faults and all noise. */
  readonly seed: number;
  /** The wall's clock, or a virtual one to go as fast as it can. */
  readonly clock: Clock;
  /** Time at which the world begins; by default the clock's time at start(). */
  readonly startNs?: Nanoseconds;
  readonly faults?: readonly Fault[];
  readonly track?: Partial<TrackOptions>;
}

/** A robot in a built-in world. */
export interface Simulator extends Robot {
  readonly contract: Contract;
  readonly seed: number;
  readonly track: Track;
  readonly props: readonly Prop[];
  /** Starts sensors and physics. */
  start(): void;
  /** Stops all sensors. The car takes no more commands. */
  stop(): void;
  /** The world as it is at the clock's time. */
  truth(): Truth;
  /** Puts the car at rest on the driven lane's centre, for example where it left the lane. */
  place(progressM: number): void;
  /** The reference camera's last picture, drawn now if none has been; undefined without a camera. */
  frame(): Frame | undefined;
  /** Calls `listener` at each measurement of the reference camera with the truth at its stamp. Returns the unsubscription. */
  onCamera(listener: (truth: Truth) => void): () => void;
}

const CLOCK_HZ = 50;

/**
 * A car on a road by seed, seen only through messages, as a robot on ROS 2 is.
 *
 * Sensors measure at the contract's rates, each with its own phase; a message carries the time of its measurement and arrives
 * a little later. Physics runs in steps of 4 ms on the clock, however late timers fire. Nothing that is measured depends on who
 * listens, so that the same seed in virtual time gives the same bytes.
 *
 * @throws PolypilotError `SIM_STREAM` if the contract wants a sensor that the car has not; `SIM_TRACK` for impossible tracks;
 * `SIM_FAULT` for a fault of a stream that is not there.
 * @example
 * const clock = virtualClock();
 * const simulator = createSimulator({ contract, seed: 1, clock });
 * simulator.subscribe("/scan", "sensor_msgs/msg/LaserScan", ({ message }) => console.log(message.ranges));
 * simulator.start();
 * await clock.runUntil(1_000_000_000n);
 */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { contract, seed, clock } = options;
  checkStreams(contract);
  const rng = random(seed).fork("car");
  const world = generateWorld(seed, options.track);
  const spec = vehicleSpec(contract.robot.wheelbase_m, contract.robot.width_m);
  const errors = { wheel: 0.01 * rng.fork("wheel").normal(), gyro: 0.005 * rng.fork("gyro").normal() };
  const startProgressM = world.track.lengthM * rng.fork("start").uniform();
  const begin = (atNs: Nanoseconds) => motion(world.track, spec, atNs, errors, startProgressM);
  const { topic: commandTopic, type: commandType } = contract.command;
  const types = new Map<string, MessageType>([
    ["/clock", "rosgraph_msgs/msg/Clock"],
    [commandTopic, commandType as MessageType],
    ...Object.values(contract.streams).map((stream) => [stream.topic, stream.type as MessageType] as const),
    ...truthTypes,
  ]);
  const messages = bus(clock, types);
  let startNs = options.startNs ?? clock.nowNs();
  let car = begin(startNs);
  injector(options.faults ?? [], seed, startNs, contract); // refuses wrong faults at once, not at start()
  let stops: (() => void)[] = [];
  const truthAt = (atNs: Nanoseconds) => truthOf(car.stateAt(atNs), world.track, atNs);
  const nowOrReached = () => later(clock.nowNs(), car.reachedNs());
  const cameras = cameraStreams({ contract, rng, world, bus: messages, truthAt });
  const schedule = () => {
    const out = outlet(clock, messages, injector(options.faults ?? [], seed, startNs, contract));
    const moments = { startNs, clock, rng, reachedNs: car.reachedNs, stateAt: car.stateAt, out };
    stops = [
      ...cameras.start(moments),
      ...scalarStreams({ contract, spec, props: world.props, ...moments }),
      repeat(clock, startNs, CLOCK_HZ, (atNs) => {
        messages.send("/clock", "rosgraph_msgs/msg/Clock", { clock: toRosTime(atNs) });
      }),
      out.close,
    ];
  };
  return {
    clock,
    contract,
    seed,
    track: world.track,
    props: world.props,
    subscribe: messages.subscribe,
    publish(topic, type, message) {
      if (topic === commandTopic && type === commandType && stops.length > 0) {
        const command = driveCommandOf(message, spec.wheelbaseM);
        if (command) car.command(command, nowOrReached());
      }
      messages.send(topic, type, message);
    },
    start() {
      if (stops.length > 0) return;
      if (options.startNs === undefined) {
        startNs = clock.nowNs();
        const from = truthAt(startNs).progressM;
        car = begin(startNs);
        car.place(from, startNs);
      }
      schedule();
    },
    stop() {
      for (const stop of stops) stop();
      stops = [];
    },
    truth: () => truthAt(nowOrReached()),
    place: (progressM) => car.place(progressM, nowOrReached()),
    frame: () => cameras.frame(nowOrReached()),
    onCamera: cameras.onCamera,
  };
}

const later = (a: Nanoseconds, b: Nanoseconds) => (a > b ? a : b);
