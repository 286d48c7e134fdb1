import {
  type CompressedImage,
  decodeMessage,
  encodeMessage,
  every,
  type Image,
  type MessageType,
  virtualClock,
  wallClock,
} from "@polypilot/core";
import { decodeFeature, decodeJpeg } from "@polypilot/sensors";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { commandLog } from "./command-log.js";
import { deferred } from "./deferred.js";
import { drive } from "./drive.js";
import { type ReplayMessage, replay } from "./replay.js";
import { jpegContract, testContract } from "./testing/contract.js";
import { at, type DriveRun, type DriveRunOptions, driveRun, START_NS, wavingPredictor } from "./testing/drive-run.js";
import { changed } from "./testing/faults.js";
import { testPredictor } from "./testing/predictor.js";
import { testRobot } from "./testing/robot.js";
import { type Fault, jpegImage, startSensors } from "./testing/sensors.js";

/** What was decoded, on which thread. */
const counts = vi.hoisted(() => ({ here: 0, apart: 0, closed: 0 }));
vi.mock("@polypilot/sensors", async (original) => {
  const real = await original<typeof import("@polypilot/sensors")>();
  const featureThreads: typeof real.featureThreads = (options) => {
    const pool = real.featureThreads(options);
    return {
      async decode(stream, message) {
        counts.apart += 1;
        return pool.decode(stream, message);
      },
      async close() {
        counts.closed += 1;
        await pool.close();
      },
    };
  };
  const counted: typeof real.decodeFeature = (stream, message) => {
    if (stream.feature?.kind === "camera") counts.here += 1;
    return real.decodeFeature(stream, message);
  };
  return { ...real, featureThreads, decodeFeature: counted };
});

const contract = jpegContract();
const passed: Fault<CompressedImage> = (m) => [m];
const jpegRun = (seconds: number, options: DriveRunOptions = {}) =>
  driveRun(seconds, { contract, ...options, faults: { jpeg: passed, ...options.faults } });

/** A JPEG with its head and its end, of which the middle was lost: only decoding finds it out. */
const holed = (m: CompressedImage): CompressedImage => {
  return { ...m, data: Uint8Array.of(...m.data.subarray(0, -90), 0xff, 0xd9) };
};
const cut = (m: CompressedImage): CompressedImage => ({ ...m, data: m.data.subarray(0, m.data.length - 30) });

async function* recordingOf({ robot }: Pick<DriveRun, "robot">): AsyncGenerator<ReplayMessage> {
  for (const { type, message, ...record } of robot.recorded) {
    const bytes = encodeMessage(type as MessageType, message);
    yield { ...record, type, message: decodeMessage(type as MessageType, bytes) };
  }
}

beforeEach(() => {
  for (const key of ["here", "apart", "closed"] as const) counts[key] = 0;
});

describe("drive with a camera that sends JPEGs", () => {
  it("has damaged pictures that only decoding finds out", () => {
    const { camera } = contract.streams;
    expect(decodeFeature(camera!, holed(jpegImage(5n)))).toEqual({ ok: false, reason: "bad_jpeg" });
  });

  it("commands what the same pictures uncompressed command, byte by byte", async () => {
    const run = await jpegRun(2);
    await run.session.stop();
    const uncompressed: Fault<Image> = ({ header }, atNs) => {
      const { width, height, data } = decodeJpeg(jpegImage(atNs).data)!;
      return [{ header, width, height, encoding: "rgb8", is_bigendian: 0, step: 3 * width, data }];
    };
    const raw = await driveRun(2, { contract: testContract(), faults: { camera: uncompressed } });
    await raw.session.stop();
    expect(run.sha256()).toBe(raw.sha256());
    expect(run.commands.filter(({ source }) => source === 0).length).toBeGreaterThan(80);
  });

  it("decodes no picture on the thread that controls, and each that reaches the model once in another", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const run = await jpegRun(2);
    const { predictions } = run.session.health();
    await run.session.stop();
    expect(predictions).toBeGreaterThan(30);
    expect(counts).toEqual({ here: 0, apart: expect.any(Number), closed: 1 });
    expect(counts.apart).toBeGreaterThanOrEqual(predictions);
    expect(counts.apart).toBeLessThanOrEqual(predictions + 1); // one may be under way
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it("decodes no picture that finds the model busy", async () => {
    const slow = await jpegRun(2, { clock: (c) => ({ ...c, finish: (w, _, d) => c.finish(w, 80_000_000n, d) }) });
    const { received, drops } = slow.session.health().streams.camera!;
    await slow.session.stop();
    expect(drops.busy).toBeGreaterThan(30);
    expect(counts.apart).toBeLessThanOrEqual(received - drops.busy!);
  });

  it("gives the same bytes again, and in a replay, with pictures lost, cut and holed on the way", async () => {
    const faults = () => {
      let count = 0;
      const jpeg: Fault<CompressedImage> = (m) => {
        count += 1;
        return [count % 7 === 3 ? holed(m) : count % 11 === 5 ? cut(m) : m].slice(count % 13 === 0 ? 1 : 0);
      };
      return { jpeg };
    };
    const runs = [];
    for (const _ of [1, 2]) {
      const run = await jpegRun(3, { faults: faults() });
      await run.session.stop();
      runs.push(run);
    }
    const [run, again] = runs as [DriveRun, DriveRun];
    expect(again.sha256()).toBe(run.sha256());
    const { drops } = run.session.health().streams.camera!;
    expect(drops.bad_jpeg).toBeGreaterThan(15);
    expect(run.predictions.filter(({ error }) => error === "camera: bad_jpeg").length).toBeGreaterThan(8);
    expect(run.session.health()).toMatchObject({ predictionErrors: 0, lastError: "" });
    const result = await replay({ recording: recordingOf(run), contract, predictor: wavingPredictor() });
    expect(result.firstMismatch).toBe("");
    expect(result.commandsSha256).toEqual({ recorded: run.sha256(), replayed: run.sha256() });
    expect(result.health.streams.camera!.drops).toEqual(drops);
  });

  it("gives the same bytes again in the replay of a run on the wall's clock", async () => {
    const clock = wallClock();
    const robot = testRobot(clock);
    const log = commandLog();
    let count = 0;
    const jpeg: Fault<CompressedImage> = (m) => {
      count += 1;
      return [count % 5 === 3 ? holed(m) : m];
    };
    const stopSensors = startSensors(robot, { jpeg });
    const enough = deferred<void>();
    let predictions = 0;
    const session = drive({
      robot,
      contract,
      predictor: wavingPredictor(),
      onCommand: (c) => log.add(c),
      onPrediction: () => {
        predictions += 1;
        if (predictions === 15) enough.resolve();
      },
    });
    await enough.promise;
    await session.stop();
    stopSensors();
    const result = await replay({ recording: recordingOf({ robot }), contract, predictor: wavingPredictor() });
    expect(result.firstMismatch).toBe("");
    expect(result.predictions).toBeGreaterThanOrEqual(15);
    expect(result.commandsSha256).toEqual({ recorded: log.sha256(), replayed: log.sha256() });
  });

  it.each([
    ["cut", cut],
    ["holed", holed],
  ])(
    "stops for pictures that are %s within the camera's maximum age, names them, and drives on after",
    async (_, damage) => {
      const predictor = testPredictor(() => [0.1, 0.02]);
      const { commands, session } = await jpegRun(5, {
        predictor,
        faults: { jpeg: changed(1.99, 2.7, (m) => [damage(m)]) },
      });
      const first = commands.findIndex((c) => c.atSec > 1 && c.source === 2);
      expect(commands[first]).toMatchObject({ reason: "bad_jpeg:camera" });
      expect(commands[first]!.atSec).toBeGreaterThan(1.967 + 0.2); // of the last good picture
      expect(commands[first]!.atSec).toBeLessThanOrEqual(2.18);
      const during = commands.filter(({ atSec }) => atSec >= 2.18 && atSec < 2.7);
      expect(new Set(during.map(({ reason }) => reason))).toEqual(new Set(["bad_jpeg:camera"]));
      expect(commands.at(-1)).toMatchObject({ source: 0, reason: "", limited_speed_mps: 1.4 });
      const { drops } = session.health().streams.camera!;
      expect(drops.bad_jpeg).toBeGreaterThan(15);
      expect(session.health().safety.worker).toBeUndefined();
      await session.stop();
    },
  );

  it("drives on after a single holed picture", async () => {
    const { commands, session } = await jpegRun(2.4, { faults: { jpeg: changed(1.99, 2.02, (m) => [holed(m)]) } });
    expect(commands.filter((c) => c.atSec > 1 && c.source === 2)).toEqual([]);
    expect(session.health().streams.camera!.drops).toMatchObject({ bad_jpeg: 1 });
    await session.stop();
  });

  it("stops for a frozen picture although the camera writes a new time before each copy", async () => {
    const frozen = changed<CompressedImage>(1.99, 2.7, (m, atNs) => {
      const { data } = jpegImage(1_000_001_990_000_000n);
      const comment = [0xff, 0xfe, 0, 10, ...new Uint8Array(BigUint64Array.of(atNs).buffer)];
      return [{ ...m, data: Uint8Array.of(...data.subarray(0, 2), ...comment, ...data.subarray(2)) }];
    });
    const { commands, session } = await jpegRun(5, {
      predictor: testPredictor(() => [0, 0]),
      faults: { jpeg: frozen },
    });
    expect(commands.find((c) => c.atSec > 1 && c.source === 2)).toMatchObject({ reason: "stuck:camera" });
    expect(commands.at(-1)).toMatchObject({ source: 0, reason: "" });
    await session.stop();
  });

  it("refuses a header that promises a huge picture as of the wrong size", async () => {
    const bomb = (m: CompressedImage): CompressedImage[] => {
      const data = m.data.slice();
      const at = data.findIndex((byte, i) => byte === 0xff && data[i + 1] === 0xc0);
      data.fill(0xff, at + 5, at + 9);
      return [{ ...m, data }];
    };
    const { commands, session } = await jpegRun(2.4, { faults: { jpeg: changed(1.99, 9, bomb) } });
    expect(commands.find((c) => c.atSec > 1 && c.source === 2)).toMatchObject({ reason: "wrong_size:camera" });
    await session.stop();
  });

  it("counts a second camera's corrupt picture once, and the sets that it cost as the first one's", async () => {
    const rear = `  rear:
    topic: /rear
    type: sensor_msgs/msg/CompressedImage
    rate_hz: 10
    max_age_ms: 400
    align: { policy: latest, tolerance_ms: 250 }
    feature: { kind: camera, unit: intensity, source: { width: 16, height: 12 }, width: 8, height: 8, channels: 1 }
`;
    const two = testContract("", undefined, (text) => text.replace("  lidar:", `${rear}  lidar:`));
    const clock = virtualClock(START_NS);
    const robot = testRobot(clock);
    const predictor = { ...testPredictor(() => [0, 0.02]), inputs: { camera: [8, 8, 1], rear: [8, 8, 1] } };
    const session = drive({ robot, contract: two, predictor });
    startSensors(robot);
    every(clock, 100_000_000n, START_NS, (atNs) => {
      const image = jpegImage(atNs);
      robot.send("/rear", "sensor_msgs/msg/CompressedImage", atNs === at(1) ? holed(image) : image);
    });
    await clock.runUntil(at(2));
    const { streams, predictions, predictionErrors } = session.health();
    await session.stop();
    expect(streams.rear!.drops).toMatchObject({ bad_jpeg: 1 });
    expect(streams.camera!.drops.no_rear).toBeGreaterThanOrEqual(2); // until the next one of the rear camera
    expect(streams.camera!.drops.no_rear).toBeLessThanOrEqual(6);
    expect(predictions).toBeGreaterThan(45);
    expect(predictionErrors).toBe(0);
    expect(counts.here).toBeGreaterThan(50); // the small raw images of the first camera
    expect(counts.apart).toBeLessThanOrEqual(21);
  });
});
