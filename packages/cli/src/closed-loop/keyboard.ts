import { COMMAND_TOPIC, commandSources } from "@polypilot/control";
import { type Contract, every, type MessageType, type Robot, secToNs, toRosTime } from "@polypilot/core";
import type { Driver } from "./driver.js";
import { sendCommand, type WheelCommand } from "./wheel-command.js";

/** Steering that one press of a key adds, as a share of full steering, and how fast it fades when no key is held. */
const STEP = 0.18;
const FADE_PER_SEC = 2.5;
const SPEED_STEP_MPS = 0.2;
/** Terminals tell presses and repeats, not releases: a key counts as held for so long after its last repeat. */
const HELD_SEC = 0.25;

/** What the keys make of the wheel. */
export interface KeyWheel {
  press(key: string): void;
  /** Lets time pass. */
  pass(sec: number): void;
  readonly command: WheelCommand;
}

const ESCAPE = "\x1b";
const KEYS = new RegExp(`${ESCAPE}[[O][A-D]|[^${ESCAPE}]`, "g");
const LEFT = new Set(["\x1b[D", "\x1bOD", "a", "A"]);
const RIGHT = new Set(["\x1b[C", "\x1bOC", "d", "D"]);
const FASTER = new Set(["\x1b[A", "\x1bOA", "w", "W"]);
const SLOWER = new Set(["\x1b[B", "\x1bOB", "s", "S"]);

/** A wheel that keys turn and that comes back by itself; speed stays as set, and space brakes. Within the contract's limits. */
export function keyWheel(contract: Contract): KeyWheel {
  const { value: steering } = contract.command.steering.limits;
  const { value: speed } = contract.command.speed.limits;
  const clip = (value: number, [low, high]: readonly [number, number]) => Math.min(high, Math.max(low, value));
  let [steeringRad, speedMps, sinceSec] = [0, 0, Number.POSITIVE_INFINITY];
  const turn = (side: number) => {
    if (steeringRad * side < 0) steeringRad = 0; // the other way begins at straight ahead
    steeringRad = clip(steeringRad + side * STEP * steering[1], steering);
    sinceSec = 0;
  };
  return {
    press(key) {
      if (LEFT.has(key)) turn(1);
      else if (RIGHT.has(key)) turn(-1);
      else if (FASTER.has(key)) speedMps = clip(speedMps + SPEED_STEP_MPS, [0, speed[1]]);
      else if (SLOWER.has(key)) speedMps = clip(speedMps - SPEED_STEP_MPS, [0, speed[1]]);
      else if (key === " ") speedMps = 0;
    },
    pass(sec) {
      sinceSec += sec;
      if (sinceSec > HELD_SEC) steeringRad *= Math.exp(-FADE_PER_SEC * sec);
      if (Math.abs(steeringRad) < 1e-3) steeringRad = 0;
    },
    get command() {
      return { steeringRad, speedMps };
    },
  };
}

/** Splits what a terminal sent into keys: escape sequences of three characters, and single ones. */
export const keysIn = (text: string): readonly string[] => text.match(KEYS) ?? [];

function listen(wheel: KeyWheel, input: NodeJS.ReadStream): () => void {
  const onData = (data: Buffer) => {
    for (const key of keysIn(data.toString())) {
      // In raw mode the terminal makes no signal of Ctrl-C.
      if (key === "\x03" || key === "q") process.kill(process.pid, "SIGINT");
      else wheel.press(key);
    }
  };
  input.setRawMode?.(true);
  input.resume();
  input.on("data", onData);
  return () => {
    input.off("data", onData);
    input.setRawMode?.(false);
    input.pause();
  };
}

/** A person at the arrow keys or WASD. What is commanded is also the label, so that a model can learn from it. */
export function keyboard(input: NodeJS.ReadStream = process.stdin): Driver {
  return {
    name: "person",
    start({ contract, clock }, robot) {
      const wheel = keyWheel(contract);
      const release = listen(wheel, input);
      const rateHz = contract.command.rate_hz;
      const send = () => tell(contract, robot, wheel.command);
      const periodNs = secToNs(1 / rateHz);
      const stopTicks = every(clock, periodNs, clock.nowNs() + periodNs, () => {
        wheel.pass(1 / rateHz);
        send();
      });
      let driving = true;
      return {
        async stop() {
          if (!driving) return;
          driving = false;
          stopTicks();
          release();
          tell(contract, robot, { steeringRad: wheel.command.steeringRad, speedMps: 0 });
        },
      };
    },
  };
}

function tell(contract: Contract, robot: Robot, command: WheelCommand): void {
  const nowNs = robot.clock.nowNs();
  const wheelbaseM = contract.robot.wheelbase_m;
  const { label } = contract.heads[contract.command.steering.head]!;
  if ("topic" in label) sendCommand(robot, { topic: label.topic, type: label.type, wheelbaseM }, nowNs, command);
  sendCommand(
    robot,
    { topic: contract.command.topic, type: contract.command.type as MessageType, wheelbaseM },
    nowNs,
    command,
  );
  robot.publish(COMMAND_TOPIC, "polypilot_msgs/msg/Command", {
    header: { stamp: toRosTime(nowNs), frame_id: "base_link" },
    source: commandSources.person,
    reason: "",
    commanded_steering_rad: command.steeringRad,
    commanded_speed_mps: command.speedMps,
    limited_steering_rad: command.steeringRad,
    limited_speed_mps: command.speedMps,
    executed_steering_rad: Number.NaN,
    executed_speed_mps: Number.NaN,
    prediction_seq: 0n,
    streams: [],
  });
}
