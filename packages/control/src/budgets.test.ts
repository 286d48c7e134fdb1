import type { ChildProcess, ForkOptions } from "node:child_process";
import { serialize } from "node:v8";
import {
  type CameraFeature,
  decodeMessage,
  encodeMessage,
  type Image,
  type StreamContract,
  virtualClock,
} from "@polypilot/core";
import { decodeFeature, type FeatureResult, featureThreads } from "@polypilot/sensors";
import { afterEach, describe, expect, it, vi } from "vitest";
import { drive } from "./drive.js";
import { jpegContract, testContract } from "./testing/contract.js";
import { countAllocations } from "./testing/count-allocations.js";
import { testRobot } from "./testing/robot.js";
import { jpegImage, startSensors } from "./testing/sensors.js";
import { workerPredictor } from "./worker-predictor.js";

const children: ChildProcess[] = vi.hoisted(() => []);
vi.mock("node:child_process", async (original) => {
  const real = await original<typeof import("node:child_process")>();
  const fork = (program: string, args: readonly string[], options: ForkOptions) => {
    const child = real.fork(program, args, options);
    children.push(child);
    return child;
  };
  return { ...real, fork };
});

const loader = new URL("../dist/testing/fake-model.js", import.meta.url).href;
const calm = { checkpoint: "good", loader, backoffNs: 1_000_000n, timeoutNs: 30_000_000_000n };

const feature: CameraFeature = {
  ...{ kind: "camera", unit: "intensity", source: { width: 640, height: 480 }, width: 80, height: 48, channels: 3 },
  crop: { top: 0.2, bottom: 0, left: 0, right: 0 },
};
const stream: StreamContract = { ...testContract().streams.camera!, type: "sensor_msgs/msg/Image", feature };
const image: Image = {
  ...{ header: { stamp: { sec: 1, nanosec: 2 }, frame_id: "camera" }, height: 480, width: 640, encoding: "rgb8" },
  ...{ is_bigendian: 0, step: 1920, data: new Uint8Array(640 * 480 * 3).map((_, i) => i % 251) },
};

afterEach(() => vi.restoreAllMocks());

describe("the way of an image of 640×480", () => {
  it("does not copy pixels from the bytes that arrived into the message", () => {
    const bytes = encodeMessage("sensor_msgs/msg/Image", image);
    decodeMessage("sensor_msgs/msg/Image", bytes); // what is made once is made
    let message: Image | undefined;
    const made = countAllocations(() => {
      message = decodeMessage("sensor_msgs/msg/Image", bytes);
    });
    expect(message!.data.buffer).toBe(bytes.buffer);
    expect(message!.data.length).toBe(640 * 480 * 3);
    expect(made.filter((size) => size > 1000)).toEqual([]);
  });

  it("makes one array, of the model's size, by crop and resize", () => {
    decodeFeature(stream, image); // what is made once is made
    const made = countAllocations(() => {
      const result = decodeFeature(stream, image);
      expect(result.ok && result.feature.data.length).toBe(48 * 80 * 3);
    });
    expect(made).toEqual([48 * 80 * 3]);
  });

  it("is found out by the counting where a copy is made", () => {
    const made = countAllocations(() => {
      Uint8Array.from(image.data);
      image.data.slice();
      new Uint8Array(image.data.buffer, 0, 10);
    });
    expect(made.filter((size) => size === image.data.length)).toHaveLength(2);
  });
});

describe("the way of a JPEG", () => {
  const jpegStream: StreamContract = { ...jpegContract().streams.camera!, type: "sensor_msgs/msg/CompressedImage" };

  it("copies its coded bytes once on the thread that controls, into memory used again, and makes no pixels there", async () => {
    const threads = featureThreads({ streams: { camera: jpegStream }, threads: 1 });
    const message = jpegImage(5n);
    const first = await threads.decode("camera", message); // what is made once is made
    const set = vi.spyOn(Uint8Array.prototype, "set");
    let result: Promise<FeatureResult> | undefined;
    const made = countAllocations(() => {
      result = threads.decode("camera", message);
    });
    expect(made).toEqual([]);
    expect(set.mock.calls.map(([data]) => data)).toEqual([message.data]);
    expect(await result).toEqual(first);
    await threads.close();
  });

  it("makes one array, of the model's size, where it is decoded", () => {
    const message = jpegImage(5n);
    decodeFeature(jpegStream, message); // what is made once is made
    const made = countAllocations(() => {
      const result = decodeFeature(jpegStream, message);
      expect(result.ok && result.feature.data.length).toBe(8 * 8);
    });
    expect(made).toEqual([8 * 8]);
  });
});

describe("the way of a prediction", () => {
  it("takes one message to the model's process and one back, with the features once and little else", async () => {
    const predictor = await workerPredictor(calm);
    const child = children.at(-1)!;
    const send = vi.spyOn(child, "send");
    const heard = vi.fn();
    child.on("message", heard);
    const features = {
      camera: new Uint8Array(48 * 80 * 3),
      lidar: new Float32Array(32).fill(8),
      joints: Float32Array.of(1, 2),
    };
    for (let i = 0; i < 5; i += 1) await predictor.predict(features);
    await predictor.close();
    expect(send).toHaveBeenCalledTimes(5);
    expect(heard).toHaveBeenCalledTimes(5);
    const raw = Object.values(features).reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(serialize(send.mock.calls[0]![0]).length).toBeLessThan(raw + 256);
  });

  it("asks the model once for each synchronised set, however many messages come", async () => {
    const predictor = await workerPredictor(calm);
    const send = vi.spyOn(children.at(-1)!, "send");
    const clock = virtualClock(1_000_000_000_000n);
    const robot = testRobot(clock);
    const session = drive({ robot, contract: testContract(), predictor });
    startSensors(robot);
    await clock.runUntil(1_002_000_000_000n);
    const { predictions } = session.health();
    await session.stop();
    await predictor.close();
    expect(predictions).toBeGreaterThan(10);
    expect(send.mock.calls.length).toBeLessThanOrEqual(predictions + 1); // one may be under way
  });
});
