import { expect, it } from "vitest";
import { random } from "./random.js";

const draw = (r: { uniform(): number }, n: number) => Array.from({ length: n }, () => r.uniform());

it("repeats for the same seed and differs for another", () => {
  expect(draw(random(7), 20)).toEqual(draw(random(7), 20));
  expect(draw(random(7), 20)).not.toEqual(draw(random(8), 20));
});

it("forks independently of what was drawn before", () => {
  const used = random(3);
  draw(used, 100);
  expect(draw(used.fork("lidar"), 5)).toEqual(draw(random(3).fork("lidar"), 5));
  expect(draw(random(3).fork("lidar"), 5)).not.toEqual(draw(random(3).fork("camera"), 5));
});

it("continues from a saved state", () => {
  const first = random(11);
  draw(first, 9);
  const resumed = random(0, first.state());
  expect(draw(resumed, 9)).toEqual(draw(first, 9));
});

it("is uniform and normal to within four standard errors", () => {
  const n = 40_000;
  const r = random(1);
  const uniform = draw(r, n);
  const normal = Array.from({ length: n }, () => r.normal());
  const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / n;
  expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
  expect(Math.abs(mean(normal))).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(mean(normal.map((x) => x * x)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  for (const x of uniform) expect(x >= 0 && x < 1).toBe(true);
});

it("draws integers over the whole range and no further", () => {
  const r = random(5);
  const counts = new Map<number, number>();
  for (let i = 0; i < 6000; i += 1) {
    const k = r.integer(6);
    counts.set(k, (counts.get(k) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
