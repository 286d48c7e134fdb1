import { EpisodeEventConstants, type Nanoseconds, nsToSec, toRosTime } from "@polypilot/core";
import { repeat } from "../schedule.js";
import type { Simulator } from "../simulator.js";

/** Topic of episode events. */
export const EPISODE_TOPIC = "/episode/events";

export interface RefereeOptions {
  /** Offset from the lane's centre at which the referee steps in; by default 1 m scaled from a car 1.8 m wide. */
  readonly limitM?: number;
  /** How often it looks. Default 20. */
  readonly rateHz?: number;
  readonly episodeId?: string;
}

/** How a drive went. */
export interface RefereeMetrics {
  readonly elapsedSec: number;
  readonly interventions: number;
  /** 1 − 6 s · interventions / elapsed, no less than 0. */
  readonly autonomy: number;
  readonly distanceM: number;
  readonly meanSpeedMps: number;
  /** Mean magnitude and root mean square of the offset from the lane's centre. */
  readonly lateralMeanM: number;
  readonly lateralRmsM: number;
  /** Root mean square of the wheels' steering rate, in rad/s, and of the lateral jerk, in m/s³. */
  readonly steeringRateRms: number;
  readonly lateralJerkRms: number;
}

export interface Referee {
  start(): void;
  stop(): void;
  metrics(): RefereeMetrics;
}

const FULL_SIZE_LIMIT_M = 1;
const FULL_SIZE_WIDTH_M = 1.8;
const PENALTY_SEC = 6;

/**
 * Watches a drive: puts the car back on its lane when it strays, and counts.
 *
 * @see Bojarski et al. 2016, End to End Learning for Self-Driving Cars, arXiv:1604.07316, section 7.2. Differs from it: the
 * metre is scaled by the car's width.
 */
export function referee(simulator: Simulator, options: RefereeOptions = {}): Referee {
  const limitM = options.limitM ?? (FULL_SIZE_LIMIT_M * simulator.contract.robot.width_m) / FULL_SIZE_WIDTH_M;
  const rateHz = options.rateHz ?? 20;
  const { clock } = simulator;
  const sums = { samples: 0, offset: 0, offsetSquare: 0, rateSquare: 0, jerks: 0, jerkSquare: 0 };
  let interventions = 0;
  let startNs: Nanoseconds = 0n;
  let endNs: Nanoseconds | undefined;
  let startM = 0;
  let endM = 0;
  let lateral: number | undefined;
  let cancel = () => {};
  const stepIn = (atNs: Nanoseconds, progressM: number, offsetM: number) => {
    interventions += 1;
    lateral = undefined;
    simulator.place(progressM);
    simulator.publish(EPISODE_TOPIC, "polypilot_msgs/msg/EpisodeEvent", {
      header: { stamp: toRosTime(atNs), frame_id: "" },
      event: EpisodeEventConstants.INTERVENTION,
      episode_id: options.episodeId ?? "",
      task: "",
      outcome: "",
      reason: "off_lane",
      note: `${offsetM.toFixed(3)} m off the lane's centre; at most ${limitM.toFixed(3)} m are allowed`,
    });
  };
  const look = (atNs: Nanoseconds) => {
    const truth = simulator.truth();
    sums.samples += 1;
    sums.offset += Math.abs(truth.laneOffsetM);
    sums.offsetSquare += truth.laneOffsetM ** 2;
    sums.rateSquare += truth.steeringRate ** 2;
    const now = truth.speedMps * truth.yawRate;
    if (lateral !== undefined) {
      sums.jerks += 1;
      sums.jerkSquare += ((now - lateral) * rateHz) ** 2;
    }
    lateral = now;
    endM = truth.distanceM;
    if (Math.abs(truth.laneOffsetM) > limitM) stepIn(atNs, truth.progressM, truth.laneOffsetM);
  };
  return {
    start() {
      startNs = clock.nowNs();
      endNs = undefined;
      startM = endM = simulator.truth().distanceM;
      cancel = repeat(clock, startNs, rateHz, look);
    },
    stop() {
      cancel();
      endNs ??= clock.nowNs();
      endM = simulator.truth().distanceM;
    },
    metrics() {
      const elapsedSec = nsToSec((endNs ?? clock.nowNs()) - startNs);
      const mean = (sum: number, count = sums.samples) => (count > 0 ? sum / count : 0);
      return {
        elapsedSec,
        interventions,
        autonomy: elapsedSec > 0 ? Math.max(0, 1 - (PENALTY_SEC * interventions) / elapsedSec) : 0,
        distanceM: endM - startM,
        meanSpeedMps: elapsedSec > 0 ? (endM - startM) / elapsedSec : 0,
        lateralMeanM: mean(sums.offset),
        lateralRmsM: Math.sqrt(mean(sums.offsetSquare)),
        steeringRateRms: Math.sqrt(mean(sums.rateSquare)),
        lateralJerkRms: Math.sqrt(mean(sums.jerkSquare, sums.jerks)),
      };
    },
  };
}
