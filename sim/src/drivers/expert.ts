import { type Nanoseconds, nsToSec, random, toRosTime } from "@polypilot/core";
import type { Simulator } from "../simulator.js";
import { type Truth, wrapAngle } from "../truth/truth.js";
import { ACTUATOR_DELAY_NS, type DriveCommand } from "../vehicle/motion.js";
import { type VehicleSpec, vehicleSpec } from "../vehicle/vehicle.js";
import { perturbation } from "./perturbation.js";
import { speedLimit } from "./speed-limit.js";

/** Topic of the expert's labels. */
export const EXPERT_TOPIC = "/expert/drive";

export interface ExpertOptions {
  readonly seed: number;
  /** Disturbs what is executed, never the label, so that a pupil sees mistakes and how to mend them. */
  readonly perturb?: boolean;
  /** Whether the expert drives the car or only labels what another driver meets. Default true. */
  readonly drive?: boolean;
}

/** A driver that knows the truth. */
export interface ExpertDriver {
  /** What it would command now. */
  command(): DriveCommand;
  /** Starts labelling every frame of the reference camera on /expert/drive, and driving. */
  start(): void;
  stop(): void;
}

const ACKERMANN = "ackermann_msgs/msg/AckermannDriveStamped";

/** Distance over which an offset fades, in m, and damping of the way back to the lane's centre. */
const FADE_M = 0.5;
const DAMPING = 0.9;
/**
 * Time from a frame to what a command made from it does: a pupil's way from stamp to command (about 20 ms), the actuators'
 * delay, and the servo's and body's lags.
 */
const LEAD_SEC = 0.02 + Number(ACTUATOR_DELAY_NS) / 1e9 + 0.045;

/** Steering angle that gives a path curvature at a speed: Ackermann, more for understeer. */
function steeringFor(spec: VehicleSpec, curvature: number, speedMps: number): number {
  const angle = Math.atan(spec.wheelbaseM * curvature * (1 + (speedMps / spec.characteristicSpeedMps) ** 2));
  return Math.max(-spec.maxSteeringRad, Math.min(spec.maxSteeringRad, angle));
}

/**
 * The steering for a truth.
 *
 * The car is carried forward by the actuators' lead along its present turn. From there the path curvature is the lane's,
 * less terms that bring offset e and heading error ψ to zero like a damped spring along the way:
 * κ = κ_lane·cos ψ/(1 − κ_lane·e) − e/λ² − 2ζ·sin ψ/λ.
 */
function steer(simulator: Simulator, spec: VehicleSpec, truth: Truth): number {
  const { track } = simulator;
  const way = truth.speedMps * LEAD_SEC;
  const yawRad = truth.yawRad + truth.yawRate * LEAD_SEC;
  const middle = truth.yawRad + 0.5 * truth.yawRate * LEAD_SEC;
  const x = truth.x + way * Math.cos(middle);
  const y = truth.y + way * Math.sin(middle);
  const hint = (((truth.progressM + way) % track.lengthM) + track.lengthM) % track.lengthM;
  const { progressM, lateralM } = track.course.locate(x, y, hint);
  const lane = track.laneAt(progressM);
  const offset = Math.max(-0.4, Math.min(0.4, lateralM - track.laneCentreM(progressM)));
  const heading = Math.max(-1.2, Math.min(1.2, wrapAngle(yawRad - lane.headingRad)));
  const follow = (lane.curvature * Math.cos(heading)) / Math.max(0.4, 1 - lane.curvature * offset);
  const curvature = follow - offset / FADE_M ** 2 - (2 * DAMPING * Math.sin(heading)) / FADE_M;
  return steeringFor(spec, curvature, truth.speedMps);
}

/** An expert for a simulator's track. Labels are stamped as the camera's frames are. */
export function expertDriver(simulator: Simulator, options: ExpertOptions): ExpertDriver {
  const { contract } = simulator;
  const spec = vehicleSpec(contract.robot.wheelbase_m, contract.robot.width_m);
  const rng = random(options.seed).fork("expert");
  const disturb = options.perturb ? perturbation(rng) : undefined;
  const commandFor = (truth: Truth): DriveCommand => ({
    steeringRad: steer(simulator, spec, truth),
    speedMps: speedLimit(simulator, truth),
  });
  const publish = (topic: string, stampNs: Nanoseconds, command: DriveCommand) => {
    const header = { stamp: toRosTime(stampNs), frame_id: "base_link" };
    const { type } = contract.command;
    const turning = (command.speedMps * Math.tan(command.steeringRad)) / spec.wheelbaseM;
    const twist = { linear: { x: command.speedMps, y: 0, z: 0 }, angular: { x: 0, y: 0, z: turning } };
    if (topic === EXPERT_TOPIC || type === ACKERMANN) {
      // float32, as the message carries them: what is recorded is what was driven
      const drive = { steering_angle: Math.fround(command.steeringRad), speed: Math.fround(command.speedMps) };
      const rest = { steering_angle_velocity: 0, acceleration: 0, jerk: 0 };
      simulator.publish(topic, ACKERMANN, { header, drive: { ...drive, ...rest } });
    } else if (type === "geometry_msgs/msg/TwistStamped") simulator.publish(topic, type, { header, twist });
    else simulator.publish(topic, "geometry_msgs/msg/Twist", twist);
  };
  let stop = () => {};
  return {
    command: () => commandFor(simulator.truth()),
    start() {
      stop();
      stop = simulator.onCamera((truth) => {
        const clean = commandFor(truth);
        publish(EXPERT_TOPIC, truth.stampNs, clean);
        if (options.drive === false) return;
        const push = disturb?.(nsToSec(truth.stampNs), truth) ?? 0;
        publish(contract.command.topic, truth.stampNs, { ...clean, steeringRad: clean.steeringRad + push });
      });
    },
    stop: () => stop(),
  };
}
