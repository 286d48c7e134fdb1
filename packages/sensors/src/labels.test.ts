import { readFileSync } from "node:fs";
import { type Contract, type Image, PolypilotError, parseContract } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { featureSpec } from "./decode-feature.js";
import { decodeLabel, labelSpec } from "./labels.js";
import { header, image } from "./testing/messages.js";
import { contractWith } from "./testing/streams.js";

const contract = parseContract(readFileSync(new URL("../../../contracts/sim-car.yaml", import.meta.url), "utf8"));
const numbers = (c: Contract, head: string, message: object): unknown[] | string => {
  const result = decodeLabel(c, head, message);
  return result.ok ? [...result.feature.data] : result.reason;
};
const scalar = (value: number) => ({ header, value, unit: "" });

describe("labelSpec", () => {
  it("describes each head's label", () => {
    expect(labelSpec(contract, "steering")).toEqual({
      shape: [1],
      dtype: "float32",
      unit: "rad",
      range: [[-0.45, 0.45]],
    });
    expect(labelSpec(contract, "sign")).toEqual({ shape: [1], dtype: "uint8", unit: "class", range: [[0, 3]] });
    expect(labelSpec(contract, "markings")).toEqual({
      shape: [24, 40],
      dtype: "uint8",
      unit: "class",
      range: [[0, 2]],
    });
    expect(labelSpec(contract, "reconstruction")).toBe(featureSpec(contract.streams.camera!.feature!));
  });
  it("refuses heads that are unknown or cannot have such a label", () => {
    const ofStream = { stream: "camera", ahead: 0 };
    const withHead = (name: string, change: object) =>
      ({ ...contract, heads: { ...contract.heads, [name]: { ...contract.heads[name], ...change } } }) as Contract;
    expect(() => labelSpec(contract, "no_such_head")).toThrow(/Found "no_such_head"\. Use one of steering, /);
    expect(() => labelSpec(contract, "toString")).toThrow(PolypilotError);
    expect(() => labelSpec(withHead("sign", { label: ofStream }), "sign")).toThrow(PolypilotError);
    expect(() => labelSpec(withHead("steering", { label: ofStream }), "steering")).toThrow(/shape \[48, 80, 3\]/);
    expect(() => labelSpec(withHead("steering", { label: { stream: "imu", ahead: 0 } }), "steering")).toThrow(
      PolypilotError,
    );
    expect(() =>
      labelSpec(withHead("reconstruction", { label: contract.heads.sign!.label }), "reconstruction"),
    ).toThrow(PolypilotError);
    expect(() => labelSpec(withHead("markings", { label: contract.heads.sign!.label }), "markings")).toThrow(
      PolypilotError,
    );
    expect(() => decodeLabel(withHead("markings", { stream: "lidar" }), "markings", {})).toThrow(PolypilotError);
  });
});

describe("decodeLabel of a regression", () => {
  it("reads the number at a dotted field, not clipped to the range", () => {
    const drive = { steering_angle: 0.5, steering_angle_velocity: 0, speed: 1, acceleration: 0, jerk: 0 };
    expect(numbers(contract, "steering", { header, drive })).toEqual([0.5]);
    expect(numbers(contract, "lane_offset", scalar(-7))).toEqual([-7]);
  });
  it("refuses what is no number", () => {
    expect(numbers(contract, "lane_offset", scalar(Number.NaN))).toBe("not_finite");
    expect(numbers(contract, "steering", { header })).toBe("not_finite");
  });
  it("reads lists and vectors of the head's size", () => {
    const head = (field: string, type: string, size: number) => ({
      kind: "regression",
      loss: "mse",
      unit: "1",
      range: [0, 1],
      size,
      role: "auxiliary",
      auxiliary: "related_task",
      deploy: false,
      label: { topic: "/l", type, field },
    });
    const heads = {
      list: head("position", "sensor_msgs/msg/JointState", 2),
      vector: head("linear_acceleration", "sensor_msgs/msg/Imu", 3),
    };
    const odometry = { kind: "odometry", values: [{ field: "twist.linear.x", unit: "m/s", range: [0, 1] }] };
    const c = contractWith("nav_msgs/msg/Odometry", odometry, heads);
    expect(numbers(c, "list", { position: Float64Array.of(1, 2) })).toEqual([1, 2]);
    expect(numbers(c, "list", { position: [1, 2] })).toEqual([1, 2]);
    expect(numbers(c, "list", { position: Float64Array.of(1, 2, 3) })).toBe("wrong_size");
    expect(numbers(c, "vector", { linear_acceleration: { x: 3, y: 4, z: 5 } })).toEqual([3, 4, 5]);
  });
});

describe("decodeLabel of further kinds", () => {
  const head = (change: object) => ({
    role: "auxiliary",
    auxiliary: "related_task",
    deploy: false,
    options: {},
    ...change,
  });
  const [label, range] = [{ topic: "/l", type: "polypilot_msgs/msg/Scalar", field: "value" }, [-1, 1]];
  const classes = ["slow", "medium", "fast"];
  const heads = {
    chunk: head({ kind: "sequence", loss: "l1", unit: "m", range, size: 1, horizon: 4, stride: 2, label }),
    turn: head({ kind: "mixture-density", loss: "nll", unit: "m", range, size: 1, label }),
    pace: head({ kind: "ordinal", loss: "coral", unit: "class", classes, label }),
  };
  const odometry = { kind: "odometry", values: [{ field: "twist.linear.x", unit: "m/s", range: [0, 1] }] };
  const c = contractWith("nav_msgs/msg/Odometry", odometry, heads);

  it("reads one step of a sequence from a message; the sequence's own label has all of them", () => {
    expect(labelSpec(c, "chunk")).toEqual({ shape: [4, 1], dtype: "float32", unit: "m", range: [[-1, 1]] });
    const result = decodeLabel(c, "chunk", scalar(0.5));
    expect(result).toMatchObject({ ok: true, feature: { spec: { shape: [1] }, data: Float32Array.of(0.5) } });
    expect(numbers(c, "chunk", scalar(Number.NaN))).toBe("not_finite");
  });

  it("reads a mixture density's number as a regression's, and an ordinal's class by number or name", () => {
    expect(labelSpec(c, "turn").shape).toEqual([1]);
    expect(numbers(c, "turn", scalar(-0.25))).toEqual([-0.25]);
    expect(labelSpec(c, "pace")).toEqual({ shape: [1], dtype: "uint8", unit: "class", range: [[0, 2]] });
    expect([scalar(1), { value: "fast" }, scalar(3)].map((m) => numbers(c, "pace", m))).toEqual([
      [1],
      [2],
      "not_a_class",
    ]);
  });
});

describe("decodeLabel of a classification", () => {
  it("reads a class's number or name", () => {
    expect(numbers(contract, "sign", scalar(0))).toEqual([0]);
    expect(numbers(contract, "sign", scalar(3))).toEqual([3]);
    expect(numbers(contract, "sign", { value: "sharp_bend" })).toEqual([2]);
  });
  it("refuses what is no class", () => {
    for (const value of [4, -1, 1.5, Number.POSITIVE_INFINITY])
      expect(numbers(contract, "sign", scalar(value))).toBe("not_a_class");
    expect(numbers(contract, "sign", { value: "yield" })).toBe("not_a_class");
    expect(numbers(contract, "sign", scalar(Number.NaN))).toBe("not_finite");
  });
});

describe("decodeLabel of a stream", () => {
  it("gives the stream's own feature", () => {
    const camera = image(160, 120, "rgb8", () => 200);
    expect(new Set<unknown>(numbers(contract, "reconstruction", camera))).toEqual(new Set([200]));
    expect(
      numbers(
        contract,
        "reconstruction",
        image(80, 60, "rgb8", () => 200),
      ),
    ).toBe("wrong_size");
  });
});

/** A contract whose mask is cut from a camera of the given size. */
function maskContract(source: object, crop: object, width: number, height: number) {
  const camera = { kind: "camera", unit: "intensity", source, width: 8, height: 8, crop };
  const label = { topic: "/mask", type: "sensor_msgs/msg/Image", field: "data" };
  const mask = {
    kind: "segmentation",
    loss: "cross-entropy",
    unit: "class",
    classes: ["a", "b", "c"],
    stream: "sensor",
    width,
    height,
    label,
    role: "auxiliary",
    auxiliary: "related_task",
    deploy: false,
  };
  return contractWith("sensor_msgs/msg/Image", camera, { mask });
}

describe("decodeLabel of a segmentation", () => {
  const halved = maskContract({ width: 8, height: 8 }, {}, 4, 4);
  const mask = (at: (y: number, x: number) => number, padding = 0): Image => image(8, 8, "mono8", at, padding);

  it("takes the class of most pixels in each cell", () => {
    const found = numbers(
      halved,
      "mask",
      mask((y, x) => (y < 4 ? (y % 2 === 1 && x % 2 === 1 ? 1 : 2) : 0), 3),
    );
    expect(found).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
  it("lets the higher class win a tie", () => {
    expect(
      new Set<unknown>(
        numbers(
          halved,
          "mask",
          mask((_y, x) => (x % 2 === 0 ? 1 : 0)),
        ),
      ),
    ).toEqual(new Set([1]));
    expect(
      new Set<unknown>(
        numbers(
          halved,
          "mask",
          mask((_y, x) => (x % 2 === 0 ? 1 : 2)),
        ),
      ),
    ).toEqual(new Set([2]));
    expect(
      new Set<unknown>(
        numbers(
          halved,
          "mask",
          mask((y, x) => [0, 1, 2, 1][(y % 2) * 2 + (x % 2)]!),
        ),
      ),
    ).toEqual(new Set([1]));
  });
  it("weighs pixels by the area that a cell covers, and settles ties of fractions as well", () => {
    // Three cells over eight pixels: cell 0 covers 2.67 of them, pixels 0 and 1 wholly, pixel 2 by two thirds.
    const c = maskContract({ width: 8, height: 8 }, {}, 3, 1);
    const row = (...classes: number[]) =>
      numbers(
        c,
        "mask",
        mask((_y, x) => classes[x]!),
      );
    expect(row(0, 1, 0, 0, 0, 0, 0, 0)).toEqual([0, 0, 0]); // 1 against 1.67
    expect(row(1, 0, 1, 0, 0, 0, 0, 0)).toEqual([1, 0, 0]); // 1.67 against 1
    expect(row(0, 0, 0, 1, 0, 0, 0, 0)).toEqual([0, 0, 0]); // cell 1: a third, 1, 1, a third
    expect(row(0, 0, 0, 1, 1, 0, 0, 0)).toEqual([0, 1, 0]);
    expect(row(0, 0, 1, 1, 0, 0, 0, 0)).toEqual([0, 1, 0]); // 4/3 against 4/3: a tie
  });
  it("shows the same part of the picture as the camera's feature", () => {
    // One bright pixel of class 1 in a large image, somewhere; in both outputs the cell that holds it stands out.
    const crop = { top: 0.33, bottom: 0.1, left: 0.2, right: 0.05 };
    const c = maskContract({ width: 32, height: 24 }, crop, 8, 8);
    fc.assert(
      fc.property(fc.nat(23), fc.nat(31), (y0, x0) => {
        const spot = (value: number) => (y: number, x: number) =>
          Math.abs(y - y0) <= 2 && Math.abs(x - x0) <= 3 ? value : 0;
        const camera = decodeLabel(
          {
            ...c,
            heads: {
              ...c.heads,
              mask: {
                ...c.heads.mask!,
                kind: "reconstruction",
                label: { stream: "sensor", ahead: 0 },
              } as Contract["heads"][string],
            },
          },
          "mask",
          image(32, 24, "mono8", spot(255)),
        );
        const found = numbers(c, "mask", image(32, 24, "mono8", spot(1)));
        if (!camera.ok || typeof found === "string") throw new Error("refused");
        for (const [i, value] of found.entries()) {
          const share = camera.feature.data[3 * i]! / 255;
          if (Math.abs(share - 0.5) > 0.01) expect(value).toBe(share > 0.5 ? 1 : 0);
        }
      }),
    );
  });
  it("refuses masks that cannot be read, and classes that are none", () => {
    const fine = mask(() => 1);
    expect(numbers(halved, "mask", { ...fine, width: 4 })).toBe("wrong_size");
    expect(numbers(halved, "mask", { ...fine, encoding: "rgb8" })).toBe("wrong_encoding");
    expect(numbers(halved, "mask", { ...fine, data: fine.data.subarray(1) })).toBe("short_data");
    expect(
      numbers(
        halved,
        "mask",
        mask((y, x) => (y === 3 && x === 3 ? 3 : 0)),
      ),
    ).toBe("not_a_class");
    const wholeCell = mask((y, x) => (y < 2 && x < 2 ? 3 : 0));
    expect(numbers(halved, "mask", wholeCell)).toBe("not_a_class");
  });
  it("does not look at pixels that the crop cuts off", () => {
    const c = maskContract({ width: 8, height: 8 }, { top: 0.5 }, 4, 2);
    expect(
      new Set<unknown>(
        numbers(
          c,
          "mask",
          mask((y) => (y < 4 ? 255 : 2)),
        ),
      ),
    ).toEqual(new Set([2]));
  });
});
