import { expect, it } from "vitest";
import { flatFacts } from "./flat-facts.js";

it("tells nested facts one a row, with an estimate's interval and unit", () => {
  const heads = { steering: { samples: 7, mae: { value: 0.02651, low: 0.0245, high: 0.0292, unit: "rad" } } };
  expect(flatFacts({ on: "validation", heads, identical: { onnx: true } })).toEqual([
    ["on", "validation"],
    ["heads steering samples", "7"],
    ["heads steering mae", "0.0265 rad [0.0245, 0.0292]"],
    ["identical onnx", "true"],
  ]);
});

it("shortens long lists to their number, first and last", () => {
  const tracks = Array.from({ length: 30 }, (_, i) => `track_${i}`);
  expect(flatFacts({ episodes: tracks, few: ["a", "b"] })).toEqual([
    ["episodes", "30: track_0 … track_29"],
    ["few", "a, b"],
  ]);
});
