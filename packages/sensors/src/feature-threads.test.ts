import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CompressedImage } from "@polypilot/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { decodeFeature } from "./decode-feature.js";
import { type FeatureThreads, featureThreads } from "./feature-threads.js";
import { jpegMessage, wavyJpeg } from "./testing/jpeg.js";
import { image } from "./testing/messages.js";
import { streamWith } from "./testing/streams.js";

const feature = { kind: "camera", unit: "intensity", source: { width: 24, height: 18 }, width: 10, height: 8 };
const streams = {
  camera: streamWith("sensor_msgs/msg/CompressedImage", feature),
  raw: streamWith("sensor_msgs/msg/Image", feature),
};

let open: FeatureThreads | undefined;
const start = (threads: number, program?: string) => {
  open = featureThreads({ streams, threads, ...(program !== undefined && { program }) });
  return open;
};
afterEach(async () => {
  await open?.close();
  open = undefined;
  vi.restoreAllMocks();
});

describe("featureThreads", () => {
  it("gives what decodeFeature gives, features and refusals, each to its own message", async () => {
    const pool = start(2);
    const messages: CompressedImage[] = Array.from({ length: 12 }, (_, i) => jpegMessage(wavyJpeg(24, 18, i)));
    messages[3] = jpegMessage(messages[3]!.data.subarray(0, -9));
    messages[7] = jpegMessage(wavyJpeg(18, 24, 1));
    const results = await Promise.all(messages.map((message) => pool.decode("camera", message)));
    const expected = messages.map((message) => decodeFeature(streams.camera, message));
    expect(results).toEqual(expected);
    expect(results[3]).toEqual({ ok: false, reason: "bad_jpeg" });
    expect(results[7]).toEqual({ ok: false, reason: "wrong_size" });
    const [first] = results;
    if (!first?.ok || !expected[0]?.ok) throw new Error("refused");
    expect(first.feature.spec).toBe(expected[0].feature.spec);
  });

  it("reads raw images too, padding and order of channels included", async () => {
    const pool = start(1);
    const message = image(24, 18, "bgr8", (y, x, c) => 10 * y + x + 3 * c, 5);
    expect(await pool.decode("raw", message)).toEqual(decodeFeature(streams.raw, message));
  });

  it("lets the caller change the message's bytes at once", async () => {
    const pool = start(1);
    const message = jpegMessage(wavyJpeg(24, 18, 1));
    const expected = decodeFeature(streams.camera, message);
    const result = pool.decode("camera", message);
    message.data.fill(0);
    expect(await result).toEqual(expected);
  });

  it("finishes what it has in hand when it is closed", async () => {
    const pool = start(1);
    const message = jpegMessage(wavyJpeg(24, 18, 1));
    const results = [pool.decode("camera", message), pool.decode("camera", message)];
    await pool.close();
    expect(await Promise.all(results)).toEqual([1, 2].map(() => decodeFeature(streams.camera, message)));
  });

  it("does the work itself where threads do not start, and warns once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const pool = start(2, "/nowhere/worker.js");
    const message = jpegMessage(wavyJpeg(24, 18, 1));
    const results = await Promise.all([1, 2, 3].map(() => pool.decode("camera", message)));
    expect(results).toEqual([1, 2, 3].map(() => decodeFeature(streams.camera, message)));
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
    expect(await pool.decode("camera", message)).toEqual(results[0]);
  });

  it("says once, for all threads, that it works without libjpeg-turbo, and still decodes", () => {
    const index = new URL("../dist/index.js", import.meta.url).href;
    const program = `
      const { decodeJpeg, featureThreads } = await import(${JSON.stringify(index)});
      const data = Buffer.from(${JSON.stringify(Buffer.from(wavyJpeg(24, 18, 1)).toString("base64"))}, "base64");
      const stream = ${JSON.stringify(streams.camera)};
      const pool = featureThreads({ streams: { camera: stream }, threads: 2 });
      const all = await Promise.all([1, 2, 3, 4].map(() => pool.decode("camera", { format: "jpeg", data })));
      await pool.close();
      console.log(all.every(({ ok }) => ok), decodeJpeg(data).width);`;
    const cwd = fileURLToPath(new URL("..", import.meta.url));
    const args = ["--jitless", "--input-type=module", "--eval", program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
    expect(stdout).toBe("true 24\n");
    expect(stderr.match(/JPEGs are decoded in plain JavaScript.*without WebAssembly/g)).toHaveLength(1);
  });
});
