import { expect, it } from "vitest";
import { memoryPool } from "./memory-pool.js";

it("gives the smallest memory that is large enough, of equals the one that came last", () => {
  const pool = memoryPool(1000);
  const [a, b, small] = [pool.take(100), pool.take(100), pool.take(10)];
  for (const memory of [a, b, small]) pool.give(memory);
  expect(pool.take(100)).toBe(b);
  expect(pool.take(5)).toBe(small);
  expect(pool.take(50)).toBe(a);
  expect(pool.allocations).toBe(3);
  expect(pool.take(50).byteLength).toBe(50);
  expect(pool.allocations).toBe(4);
});

it("lets the oldest go beyond what it is to keep", () => {
  const pool = memoryPool(250);
  const taken = [1, 2, 3].map(() => pool.take(100));
  for (const memory of taken) pool.give(memory);
  expect([pool.take(100), pool.take(100)]).toEqual([taken[2], taken[1]]);
  expect(pool.take(100)).not.toBe(taken[0]);
});
