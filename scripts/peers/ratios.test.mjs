import { describe, expect, it } from "vitest";
import { middle, ratioRow, versionsLine } from "./ratios.mjs";

describe("ratioRow", () => {
  it("divides round by round, not the medians of both sides", () => {
    const pairs = [
      [10, 10],
      [30, 10],
      [20, 40],
    ];
    const row = ratioRow("x", pairs, { unit: "ms", extra: ["same work"] });
    expect(row).toEqual({ name: "x", value: 1, unit: "×", note: "0.50 to 3.00; 20.0 and 10.0 ms; same work" });
  });

  it("claims no spread of a single round", () => {
    expect(ratioRow("x", [[1, 2]], { unit: "ms" }).note).toBe("one round; 1.00 and 2.00 ms");
  });

  it("takes the mean of the two in the middle where there is an even number", () => {
    expect(middle([4, 1, 2, 100])).toBe(3);
  });
});

it("names each program before its version", () => {
  expect(versionsLine({ Python: "3.11.7", PyTorch: "2.15.0" })).toBe("Python 3.11.7, PyTorch 2.15.0");
});
