import { join } from "node:path";
import { type CompressedImage, parseContract } from "@polypilot/core";
import { encode } from "jpeg-js";
import { beforeAll, describe, expect, it } from "vitest";
import { type RecordedMessage, readRecording } from "../mcap/read-recording.js";
import { recordDrive, smallContractText } from "../testing/drive-recording.js";
import { testFolder } from "../testing/files.js";
import { header, scalar } from "../testing/messages.js";
import { decodeAhead } from "./decode-ahead.js";
import { loadDemonstrations } from "./load-demonstrations.js";

const folder = testFolder();
const MS = 1_000_000n;
const COMPRESSED = "sensor_msgs/msg/CompressedImage";
const text = smallContractText.replace("sensor_msgs/msg/Image", COMPRESSED).replace(/ {2}lidar:[\s\S]*?(?=heads:)/, "");
const contract = parseContract(text, "jpeg.yaml");

const jpegs = new Map<number, Uint8Array>();

/** A picture with a pattern, one of ten. */
function jpegOf(k: number): Uint8Array {
  const level = 20 * (k % 10);
  jpegs.set(level, jpegs.get(level) ?? encoded(level));
  return jpegs.get(level)!.slice();
}

function encoded(level: number): Uint8Array {
  const data = new Uint8Array(16 * 12 * 4).map((_, i) => (i % 4 === 3 ? 255 : (level + 3 * (i % 29)) % 256));
  return new Uint8Array(encode({ width: 16, height: 12, data }, 90).data);
}

/** 60 frames, of which some are cut, hollow, of another size or no message at all, with labels in between. */
const record = () =>
  recordDrive(join(folder, "drive.mcap"), (recorder) => {
    for (let k = 0; k < 60; k += 1) {
      const ns = 1000n * MS + BigInt(k) * 50n * MS;
      let data = jpegOf(k);
      if (k % 10 === 3) data = data.subarray(0, -40);
      if (k % 10 === 6) data = Uint8Array.of(...data.subarray(0, -90), 0xff, 0xd9);
      if (k === 17) data = new Uint8Array(encode({ width: 8, height: 8, data: new Uint8Array(256) }, 90).data);
      const image: CompressedImage = { header: header(ns), format: "jpeg", data };
      recorder.write("/camera", COMPRESSED, image, ns);
      const drive = { steering_angle: k / 1000, steering_angle_velocity: 0, speed: 1, acceleration: 0, jerk: 0 };
      recorder.write("/expert/drive", "ackermann_msgs/msg/AckermannDriveStamped", { header: header(ns), drive }, ns);
      recorder.write("/truth/sign", "polypilot_msgs/msg/Scalar", scalar(ns, k % 2), ns);
    }
  });

let path = "";
beforeAll(async () => {
  path = await record();
});

describe("decodeAhead", () => {
  it("makes the same samples and counts with any number of threads", async () => {
    const loaded = async (threads: number) => {
      const demos = await loadDemonstrations({ paths: [path], contract, threads });
      return { drops: demos.drops, samples: Array.from({ length: demos.size }, (_, i) => demos.sample(i)) };
    };
    const alone = await loaded(0);
    expect(alone.samples).toHaveLength(47);
    expect(alone.drops).toMatchObject({ "camera: bad_jpeg": 12, "camera: wrong_size": 1 });
    for (const threads of [1, 3]) expect(await loaded(threads)).toEqual(alone);
  });

  it("gives all messages in the recording's order, pictures with their features", async () => {
    const recording = readRecording(path);
    const all: RecordedMessage[] = [];
    for await (const message of recording) all.push(message);
    const ahead = decodeAhead(contract, 2);
    const given: unknown[] = [];
    for await (const { message, features } of ahead.messages(recording)) {
      given.push([message.topic, message.logTimeNs]);
      expect(Object.keys(features)).toEqual(message.topic === "/camera" ? ["camera"] : []);
    }
    await ahead.close();
    expect(given).toEqual(all.map(({ topic, logTimeNs }) => [topic, logTimeNs]));
  });

  it("starts no thread for little", async () => {
    const ahead = decodeAhead(contract);
    for await (const { features } of ahead.messages(readRecording(path))) expect(features).toEqual({});
    await ahead.close();
  });

  it("refuses recordings whose pictures promise another size, naming both", async () => {
    const huge = await recordDrive(join(folder, "huge.mcap"), (recorder) => {
      for (let k = 0; k < 5; k += 1) {
        const ns = 1000n * MS + BigInt(k) * 50n * MS;
        const data = jpegOf(k);
        const at = data.findIndex((byte, i) => byte === 0xff && data[i + 1] === 0xc0);
        data.fill(0xff, at + 5, at + 9);
        recorder.write("/camera", COMPRESSED, { header: header(ns), format: "jpeg", data }, ns);
      }
    });
    const loading = loadDemonstrations({ paths: [huge], contract, threads: 1 });
    await expect(loading).rejects.toMatchObject({ code: "DATASET_FIT" });
    await expect(loading).rejects.toThrow(/16×12.*65535×65535/s);
  });
});
