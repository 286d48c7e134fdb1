import { describe, expect, it } from "vitest";
import { apartStream } from "./decode-feature.js";
import { isWholeJpeg, jpegHeader, jpegSize } from "./jpeg-header.js";
import { jpegMessage, wavyJpeg } from "./testing/jpeg.js";
import { streamWith } from "./testing/streams.js";

describe("jpegSize", () => {
  it("finds the frame header behind other segments and fill bytes", () => {
    const app = [0xff, 0xe0, 0, 4, 1, 2];
    const frame = [0xff, 0xff, 0xc2, 0, 11, 8, 0x01, 0x02, 0x03, 0x04, 3, 0, 0];
    expect(jpegSize(Uint8Array.of(0xff, 0xd8, ...app, ...frame))).toEqual({ height: 0x0102, width: 0x0304 });
  });
  it("gives up where there is none", () => {
    expect(jpegSize(Uint8Array.of(0xff, 0xd8, 0xff, 0xc4, 0, 2, 0xff, 0xd9))).toBeUndefined();
    expect(jpegSize(Uint8Array.of(0x89, 0x50))).toBeUndefined();
    expect(jpegSize(new Uint8Array(0))).toBeUndefined();
  });
});

describe("isWholeJpeg", () => {
  const coded = wavyJpeg(24, 18, 1);
  it("is true with or without bytes behind the end", () => {
    expect(isWholeJpeg(coded)).toBe(true);
    expect(isWholeJpeg(Uint8Array.of(...coded, 0, 0, 0))).toBe(true);
  });
  it("is false wherever it was cut", () => {
    for (let length = 0; length < coded.length; length += 1) expect(isWholeJpeg(coded.subarray(0, length))).toBe(false);
  });
  it("does not take the end of a small picture within the large one's header for its own", () => {
    const preview = [0xff, 0xe1, 0, 6, 0xff, 0xda, 0xff, 0xd9];
    const cut = Uint8Array.of(...coded.subarray(0, 2), ...preview, ...coded.subarray(2, -2));
    expect(jpegHeader(cut)).toMatchObject({ width: 24, height: 18 });
    expect(isWholeJpeg(cut)).toBe(false);
  });
});

describe("the content of a JPEG", () => {
  const feature = { kind: "camera", unit: "intensity", source: { width: 24, height: 18 }, width: 10, height: 8 };
  const apart = apartStream(streamWith("sensor_msgs/msg/CompressedImage", feature))!;
  const stamped = (phase: number, time: string) => {
    const coded = wavyJpeg(24, 18, phase);
    const comment = [0xff, 0xfe, 0, 2 + time.length, ...Buffer.from(time)];
    return jpegMessage(Uint8Array.of(...coded.subarray(0, 2), ...comment, ...coded.subarray(2)));
  };
  it("is the same for one picture with two times written before it, and another for another picture", () => {
    const content = apart.content(stamped(1, "12:00:00"));
    expect(apart.content(stamped(1, "12:00:01"))).toEqual(content);
    expect(apart.content(stamped(2, "12:00:00"))).not.toEqual(content);
  });
  it("tells truncated, wrong and foreign data from good ones without decoding", () => {
    const { data } = stamped(1, "12:00");
    expect(apart.refusal(jpegMessage(data))).toBeUndefined();
    expect(apart.refusal(jpegMessage(data.subarray(0, -40)))).toBe("bad_jpeg");
    expect(apart.refusal(jpegMessage(wavyJpeg(16, 16, 1)))).toBe("wrong_size");
    expect(apart.refusal(jpegMessage(Uint8Array.of(0x89, 0x50), "png"))).toBe("wrong_encoding");
  });
});

describe("apartStream", () => {
  const raw = (width: number, height: number) =>
    apartStream(
      streamWith("sensor_msgs/msg/Image", {
        ...{ kind: "camera", unit: "intensity" },
        source: { width, height },
        width: 10,
        height: 8,
      }),
    );
  it("leaves raw images of up to 1 MiB to the calling thread", () => {
    expect(raw(640, 480)).toBeUndefined();
    expect(raw(1280, 720)).toBeDefined();
  });
});
