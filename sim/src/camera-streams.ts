import type { Contract, Nanoseconds, Random, StreamContract } from "@polypilot/core";
import type { Bus } from "./bus.js";
import { type Camera, camera } from "./camera/camera.js";
import { repeat } from "./schedule.js";
import { firstNs, type Moments } from "./sensor-streams.js";
import { cameraInfoMessage, compressedMessage, imageMessage } from "./sensors/image.js";
import { isCamera } from "./streams.js";
import { readTruth, wantsTruthFrame } from "./truth/topics.js";
import type { Truth } from "./truth/truth.js";
import type { World } from "./world/world.js";

/** A picture: rgb8 bytes [height·width·3]. */
export interface Frame {
  readonly stampNs: Nanoseconds;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** All cameras of the car. The reference camera is the contract's reference, or else the first. */
export interface CameraStreams {
  start(moments: Moments): (() => void)[];
  frame(nowNs: Nanoseconds): Frame | undefined;
  onCamera(listener: (truth: Truth) => void): () => void;
}

interface Setting {
  readonly contract: Contract;
  readonly rng: Random;
  readonly world: World;
  readonly bus: Bus;
  truthAt(atNs: Nanoseconds): Truth;
}

const DEFAULT_SIZE = { width: 160, height: 120 } as const;
/** The car has a camera even if the contract does not say so: truth is told at its frames. */
const unnamedCamera = {
  topic: "/camera/image_raw",
  type: "sensor_msgs/msg/Image",
  rate_hz: 30,
  feature: undefined,
} as const;
const LEAST_DELAY_MS = 3.5;
const MORE_DELAY_MS = 1.5;

/** Topic of a camera's calibration: beside its image topic. */
function cameraInfoTopic(imageTopic: string): string {
  return imageTopic.replace(/\/compressed$/, "").replace(/[^/]*$/, "camera_info");
}

interface Running {
  readonly name: string;
  readonly stream: Pick<StreamContract, "topic" | "type" | "rate_hz">;
  readonly eye: Camera;
  readonly rng: Random;
}

/** Sets up the cameras; nothing is drawn that nobody wants. */
export function cameraStreams(setting: Setting): CameraStreams {
  const { contract, world, bus, truthAt } = setting;
  const named = Object.entries(contract.streams).filter(([, stream]) => isCamera(stream));
  const running = (named.length > 0 ? named : [["camera", unnamedCamera] as const]).map(([name, stream]): Running => {
    const rng = setting.rng.fork(`stream ${name}`);
    const { width, height } = stream.feature?.kind === "camera" ? stream.feature.source : DEFAULT_SIZE;
    return { name, stream, eye: camera(rng, world, width, height), rng };
  });
  const reference = running.find(({ name }) => name === contract.reference) ?? running[0];
  const listeners = new Set<(truth: Truth) => void>();
  let last: Frame | undefined;
  const draw = ({ eye, rng }: Running, truth: Truth, index: number): Frame => {
    const salt = rng.fork(`salt ${index}`).integer(2 ** 31);
    const { width, height } = eye.rays.lens;
    return { stampNs: truth.stampNs, width, height, data: eye.capture(truth, truth.yawRate, salt) };
  };
  const shoot = (one: Running, moments: Moments, stampNs: Nanoseconds, index: number) => {
    const { name, stream, eye, rng } = one;
    const truth = truthAt(stampNs);
    const delayMs = LEAST_DELAY_MS + MORE_DELAY_MS * rng.fork(`delay ${index}`).uniform();
    const isReference = one === reference;
    if (isReference) for (const listener of [...listeners]) listener(truth);
    const seen = bus.wanted(stream.topic);
    const frame = seen || (isReference && wantsTruthFrame(bus)) ? draw(one, truth, index) : undefined;
    if (isReference && frame) last = frame;
    if (seen && frame) send(moments, one, name, frame, index, delayMs);
    const tell = isReference ? readTruth(bus, { truth, camera: eye, world }, stampNs) : () => {};
    moments.out.arrive(stampNs, delayMs, () => {
      tell();
      bus.send(cameraInfoTopic(stream.topic), "sensor_msgs/msg/CameraInfo", cameraInfoMessage(stampNs, eye.rays.lens));
    });
  };
  return {
    start: (moments) =>
      running.map((one) => {
        const { rate_hz: rateHz } = one.stream;
        return repeat(moments.clock, firstNs(moments.startNs, one.rng, rateHz), rateHz, (nominalNs, index) => {
          const reached = moments.reachedNs();
          shoot(one, moments, nominalNs > reached ? nominalNs : reached, index);
        });
      }),
    frame(nowNs) {
      if (!last && reference) last = draw(reference, truthAt(nowNs), -1);
      return last;
    },
    onCamera(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function send(moments: Moments, one: Running, stream: string, frame: Frame, index: number, delayMs: number): void {
  const { stampNs, width, height, data } = frame;
  const { topic, rate_hz: rateHz, type } = one.stream;
  const periodNs = BigInt(Math.round(1e9 / rateHz));
  const common = { stream, topic, stampNs, index, periodNs, delayMs };
  if (type === "sensor_msgs/msg/CompressedImage") {
    moments.out.send({ ...common, type, message: compressedMessage(stampNs, width, height, data) });
  } else {
    const message = imageMessage(stampNs, width, height, "rgb8", data);
    moments.out.send({ ...common, type: "sensor_msgs/msg/Image", message });
  }
}
