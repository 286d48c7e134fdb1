import { InvalidArgumentError } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listenToInterrupt } from "./interrupt.js";
import { positive, seeds, wholeNumber } from "./option-values.js";
import { createOutput } from "./output.js";
import { table } from "./table.js";
import { bytes, duration, percent, readable } from "./units.js";

describe("createOutput", () => {
  it("writes one document with --json, with bigint as digits and NaN as null, and no line", () => {
    const written: string[] = [];
    const output = createOutput(true, (text) => void written.push(text));
    output.line("for people");
    output.result({ ns: 12345678901234567890n, x: Number.NaN, list: Float64Array.of(1, 2) }, () => "words");
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0]!)).toEqual({ ns: "12345678901234567890", x: null, list: [1, 2] });
  });
});

describe("options", () => {
  it("reads seeds as single numbers, lists and ranges, each once", () => {
    expect(seeds("7")).toEqual([7]);
    expect(seeds("1,5-7,6")).toEqual([1, 5, 6, 7]);
  });

  it("refuses what is no number, negative, or falling", () => {
    for (const text of ["", "a", "-1", "3-1", "1.5"]) expect(() => seeds(text)).toThrow(InvalidArgumentError);
    for (const text of ["0", "-2", "x", "Infinity"]) expect(() => positive(text)).toThrow(InvalidArgumentError);
    for (const text of ["4294967296", "-1", "1e3"]) expect(() => wholeNumber(text)).toThrow(InvalidArgumentError);
    expect(wholeNumber("4294967295")).toBe(4294967295);
  });
});

describe("numbers for people", () => {
  it("keeps three digits and names the unit", () => {
    expect([readable(0.123456), readable(123456), readable(Number.NaN)]).toEqual(["0.123", "123456", "–"]);
    expect([duration(Math.PI), duration(75), duration(3700)]).toEqual(["3.1 s", "1 min 15 s", "1 h 1 min"]);
    expect([bytes(512), bytes(1_234_567)]).toEqual(["512 B", "1.23 MB"]);
    expect(percent(0.9876)).toBe("98.8 %");
  });

  it("aligns text left and numbers right", () => {
    expect(
      table([
        ["a", 1, "x"],
        ["long", 100],
      ]),
    ).toBe("  a       1  x\n  long  100");
  });
});

describe("listenToInterrupt", () => {
  afterEach(() => void vi.useRealTimers());

  it("stops the robot before anything else hears of it, and takes one press for one", () => {
    const order: string[] = [];
    const interrupt = listenToInterrupt((code) => void order.push(`exit ${code}`));
    interrupt.first(() => void order.push("robot"));
    interrupt.signal.addEventListener("abort", () => void order.push("files"));
    process.emit("SIGINT");
    process.emit("SIGINT"); // npm and the terminal send the same press
    expect(order).toEqual(["robot", "files"]);
    expect(interrupt.interrupted).toBe(true);
    interrupt.release();
  });

  it("ends at once at a second press", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const codes: number[] = [];
    const interrupt = listenToInterrupt((code) => void codes.push(code));
    process.emit("SIGINT");
    vi.advanceTimersByTime(1000);
    process.emit("SIGINT");
    expect(codes).toEqual([130]);
    interrupt.release();
    expect(process.listenerCount("SIGINT")).toBe(0);
  });
});
