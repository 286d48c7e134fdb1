import { expect, it } from "vitest";
import { builtArchitecture, lossesOnVectors } from "../testing/built-architecture.js";
import { cgc } from "./cgc.js";
import { describeArchitecture } from "./describe-architecture.js";
import { ple } from "./ple.js";

describeArchitecture(ple, { size: 7, levels: 3 });

const streams = ["joints", "imu"];
const someOf = (gradient: ArrayLike<number> | null | undefined) => Array.from(gradient ?? []).some((g) => g !== 0);

it("is cgc, bit for bit, with one level", () => {
  const one = builtArchitecture(ple, { options: { size: 7, levels: 1 } });
  const same = builtArchitecture(cgc, { options: { size: 7 } });
  expect(one.answers()).toEqual(same.answers());
  for (const built of [one, same]) built.parameters.dispose();
});

it("keeps the last level's own experts from every other task's loss", () => {
  const built = builtArchitecture(ple, { options: { size: 16 }, streams });
  const gradients = built.gradients("steering");
  expect(gradients["level2/own/sign/expert1/dense/kernel"]).toBeNull();
  expect(someOf(gradients["level2/own/steering/expert1/dense/kernel"])).toBe(true);
  built.parameters.dispose();
});

it("feeds the shared experts from all experts below, through a gate of their own", () => {
  const built = builtArchitecture(ple, { options: { size: 16 }, streams });
  const gradients = built.gradients("steering");
  expect(someOf(gradients["level1/own/sign/expert1/fusion/dense/kernel"])).toBe(true);
  expect(someOf(gradients["level1/shared/gate/kernel"])).toBe(true);
  expect(gradients["level1/own/sign/gate/kernel"]).toBeNull();
  const shape = built.module.parameters.find((p) => p.name === "level1/shared/gate/kernel")!.shape;
  expect(shape[1]).toBe(3); // the shared expert and one of each task
  built.parameters.dispose();
});

it("answers the same for a task when the others are left out, and drops what only they read", () => {
  const contractTasks = ["steering", "sign"];
  const all = builtArchitecture(ple, { options: { size: 7 }, contractTasks });
  const few = builtArchitecture(ple, { options: { size: 7 }, contractTasks, tasks: ["sign"] });
  few.parameters.write(all.parameters.read());
  expect(few.answers().sign).toEqual(all.answers().sign);
  expect(few.module.parameters.some((p) => p.name.startsWith("level2/own/steering"))).toBe(false);
  for (const built of [all, few]) built.parameters.dispose();
});

it("learns a number and a class from plain vectors", () => {
  const { before, after } = lossesOnVectors("{ architecture: ple, options: { size: 8 } }", 15);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
