import { describe, expect, it } from "vitest";
import { bar } from "./bar.js";
import { halfBlocks } from "./half-blocks.js";
import { pictureOf } from "./picture.js";

const arrival = (encoding: string, width: number, height: number, step: number, data: number[]) => ({
  topic: "/camera",
  type: "sensor_msgs/msg/Image" as const,
  receivedNs: 0n,
  message: {
    header: { stamp: { sec: 0, nanosec: 0 }, frame_id: "" },
    ...{ encoding, width, height, step, is_bigendian: 0, data: Uint8Array.from(data) },
  },
});

describe("pictureOf", () => {
  it("reads each byte order and skips the padding of rows", () => {
    const bgr = pictureOf(arrival("bgr8", 1, 2, 4, [1, 2, 3, 99, 4, 5, 6, 99]));
    expect([...bgr!.rgb]).toEqual([3, 2, 1, 6, 5, 4]);
    expect([...pictureOf(arrival("mono8", 2, 1, 2, [7, 8]))!.rgb]).toEqual([7, 7, 7, 8, 8, 8]);
  });

  it("shows nothing for an image that is shorter than it says, or of unknown encoding", () => {
    expect(pictureOf(arrival("rgb8", 2, 2, 6, [1, 2, 3]))).toBeUndefined();
    expect(pictureOf(arrival("bayer_rggb8", 1, 1, 1, [1]))).toBeUndefined();
  });
});

describe("halfBlocks", () => {
  it("puts the upper pixel in front and the lower one behind, and keeps the aspect", () => {
    const rgb = Uint8Array.from([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]);
    const lines = halfBlocks({ width: 2, height: 2, rgb }, 10, true);
    expect(lines).toEqual(["\x1b[38;2;255;0;0;48;2;0;0;255m▀▀\x1b[0m"]);
  });

  it("takes the mean of the pixels that a cell stands for", () => {
    const rgb = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 100 : 200));
    const [line] = halfBlocks({ width: 4, height: 4, rgb }, 2, true);
    expect(line).toContain("38;2;150;150;150");
  });
});

describe("bar", () => {
  it("marks the value, clips it to the scale and puts positive steering left", () => {
    expect(bar(0.5, [-1, 1], 9)).toBe("├───┼─●─┤");
    expect(bar(0.5, [-1, 1], 9, true)).toBe("├─●─┼───┤");
    expect(bar(7, [0, 1], 5)).toBe("├───●");
    expect(bar(Number.NaN, [-1, 1], 5)).toBe("├─┼─┤");
  });
});
