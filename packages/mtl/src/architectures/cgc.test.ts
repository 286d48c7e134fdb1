import { expect, it } from "vitest";
import { builtArchitecture, copyValues, lossesOnVectors } from "../testing/built-architecture.js";
import { cgc } from "./cgc.js";
import { describeArchitecture } from "./describe-architecture.js";
import { hard } from "./hard.js";
import { mmoe } from "./mmoe.js";

describeArchitecture(cgc, { size: 7 });

it("is hard sharing, bit for bit, with one shared expert and none of a task's own", () => {
  const plain = builtArchitecture(hard, { options: { size: 7 } });
  const one = builtArchitecture(cgc, { options: { size: 7, own_experts: 0 } });
  copyValues(plain, one, (name) => `level1/shared/expert1/${name}`);
  expect(one.answers()).toEqual(plain.answers());
  for (const built of [plain, one]) built.parameters.dispose();
});

it("is mmoe, bit for bit, without own experts", () => {
  const plain = builtArchitecture(mmoe, { options: { size: 7, experts: 2 } });
  const same = builtArchitecture(cgc, { options: { size: 7, own_experts: 0, shared_experts: 2 } });
  copyValues(plain, same, (name) =>
    name.startsWith("gate/") ? name.replace(/gate\/(\w+)/, "level1/own/$1/gate") : `level1/shared/${name}`,
  );
  expect(same.answers()).toEqual(plain.answers());
  for (const built of [plain, same]) built.parameters.dispose();
});

it("is single-task nets, bit for bit, with one own expert and none shared", () => {
  const alone = builtArchitecture(hard, { options: { size: 7 }, tasks: ["sign"] });
  const apart = builtArchitecture(cgc, { options: { size: 7, shared_experts: 0 } });
  copyValues(alone, apart, (name) => `level1/own/sign/expert1/${name}`);
  expect(apart.answers().sign).toEqual(alone.answers().sign);
  expect(apart.answers().steering).not.toEqual(alone.answers().sign);
  for (const built of [alone, apart]) built.parameters.dispose();
});

it("keeps a task's own experts from every other task's loss", () => {
  const built = builtArchitecture(cgc, { options: { size: 7 } });
  const gradients = built.gradients("steering");
  for (const [name, gradient] of Object.entries(gradients)) {
    if (name.startsWith("level1/own/sign/")) expect([name, gradient]).toEqual([name, null]);
  }
  for (const part of ["own/steering", "shared"]) {
    const kernel = gradients[`level1/${part}/expert1/fusion/dense/kernel`]!;
    expect(Array.from(kernel).some((g) => g !== 0)).toBe(true);
  }
  built.parameters.dispose();
});

it("answers the same for a task when the others are left out", () => {
  const all = builtArchitecture(cgc, { options: { size: 7 } });
  const few = builtArchitecture(cgc, { options: { size: 7 }, tasks: ["sign"], contractTasks: ["steering", "sign"] });
  few.parameters.write(all.parameters.read());
  expect(few.answers().sign).toEqual(all.answers().sign);
  expect(few.module.parameters.some((p) => p.name.includes("steering"))).toBe(false);
  for (const built of [all, few]) built.parameters.dispose();
});

it("refuses to have no expert at all", () => {
  expect(() => builtArchitecture(cgc, { options: { shared_experts: 0, own_experts: 0 } })).toThrow(/both 0/);
});

it("learns a number and a class from plain vectors", () => {
  const { before, after } = lossesOnVectors("{ architecture: cgc, options: { size: 8 } }", 15);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
