import { describe, expect, it } from "vitest";
import type { Prop } from "../world/prop.js";
import { rangeTo } from "./flat-ray.js";

const box = (yawRad: number): Prop => ({
  kind: "box",
  x: 3,
  y: 0,
  yawRad,
  lengthM: 1,
  widthM: 0.5,
  heightM: 0.3,
  colour: 0,
});

describe("rangeTo", () => {
  it("meets a box's near face", () => {
    expect(rangeTo([box(0)], 0, 0, 1, 0, 0.15)).toBeCloseTo(2.5, 12);
    expect(rangeTo([box(Math.PI / 2)], 0, 0, 1, 0, 0.15)).toBeCloseTo(2.75, 12);
  });

  it("meets a turned box at its corner", () => {
    const half = Math.SQRT1_2 / 2;
    const square: Prop = {
      kind: "box",
      x: 3,
      y: 0,
      yawRad: Math.PI / 4,
      lengthM: 0.5,
      widthM: 0.5,
      heightM: 0.3,
      colour: 0,
    };
    expect(rangeTo([square], 0, 0, 1, 0, 0.15)).toBeCloseTo(3 - half, 9);
  });

  it("meets a barrel, and a cone where it is as thick as at that height", () => {
    const round = { x: 0, y: 2, radiusM: 0.1, heightM: 0.3, colour: 0 };
    expect(rangeTo([{ kind: "barrel", ...round }], 0, 0, 0, 1, 0.15)).toBeCloseTo(1.9, 12);
    expect(rangeTo([{ kind: "cone", ...round }], 0, 0, 0, 1, 0.15)).toBeCloseTo(1.95, 12);
  });

  it("sees past what is too low, behind or beside, and takes the nearest of several", () => {
    const low = { ...box(0), heightM: 0.1 } as Prop;
    expect(rangeTo([low], 0, 0, 1, 0, 0.15)).toBe(Number.POSITIVE_INFINITY);
    expect(rangeTo([box(0)], 0, 0, -1, 0, 0.15)).toBe(Number.POSITIVE_INFINITY);
    expect(rangeTo([box(0)], 0, 0, 0, 1, 0.15)).toBe(Number.POSITIVE_INFINITY);
    const barrel: Prop = { kind: "barrel", x: 1, y: 0, radiusM: 0.2, heightM: 0.3, colour: 0 };
    expect(rangeTo([box(0), barrel], 0, 0, 1, 0, 0.15)).toBeCloseTo(0.8, 12);
  });
});
