import { expect, it } from "vitest";
import { builtArchitecture, copyValues, lossesOnVectors } from "../testing/built-architecture.js";
import { describeArchitecture } from "./describe-architecture.js";
import { hard } from "./hard.js";
import { mtan } from "./mtan.js";

describeArchitecture(mtan, { size: 7 });

const streamSets = [["camera", "lidar", "joints"], ["joints", "imu"], ["camera"]];

it.each(streamSets)("is hard sharing, bit for bit, where every mask is 1: %s", (...streams) => {
  const plain = builtArchitecture(hard, { options: { size: 7 }, streams });
  const masked = builtArchitecture(mtan, { options: { size: 7 }, streams });
  copyValues(plain, masked, (name) => name);
  expect(masked.answers()).not.toEqual(plain.answers());
  for (const { name } of masked.parameters.specs) {
    if (name.endsWith("/h/kernel")) masked.parameters.update(name, (values) => values.fill(0));
    if (name.endsWith("/h/bias")) masked.parameters.update(name, (values) => values.fill(100)); // σ(100) = 1 in float32
  }
  expect(masked.answers()).toEqual(plain.answers());
  for (const built of [plain, masked]) built.parameters.dispose();
});

it("masks by task and by sample, between 0 and 1", () => {
  const plain = builtArchitecture(hard, { options: { size: 7 } });
  const masked = builtArchitecture(mtan, { options: { size: 7 } });
  copyValues(plain, masked, (name) => name);
  const shared = plain.answers().steering!;
  const answers = masked.answers();
  const masks = (task: string) => answers[task]!.map((x, i) => x / shared[i]!).filter(Number.isFinite);
  const [steering, sign] = [masks("steering"), masks("sign")];
  expect(steering.length).toBeGreaterThan(100);
  for (const a of [...steering, ...sign]) expect(a >= 0 && a <= 1 + 1e-6).toBe(true);
  expect(steering.filter((a, i) => Math.abs(a - sign[i]!) > 1e-4).length).toBeGreaterThan(steering.length / 2);
  expect(new Set(steering.map((a) => a.toFixed(5))).size).toBeGreaterThan(steering.length / 4);
  for (const built of [plain, masked]) built.parameters.dispose();
});

it("feeds each mask with what the task kept of the block below", () => {
  const built = builtArchitecture(mtan, { options: { size: 7 } });
  const before = built.answers();
  // The first block's mask off: the finest maps vanish, and masks above change though the shared net does not.
  const whole = built.parameters.specs.filter((s) => s.name.startsWith("encoder/") || s.name.startsWith("fusion/"));
  const values = built.parameters.read();
  built.parameters.update("steering/mask/camera/1/h/kernel", (v) => v.fill(0));
  built.parameters.update("steering/mask/camera/1/h/bias", (v) => v.fill(-200));
  const after = built.answers();
  for (const { name } of whole) expect(built.parameters.read()[name]).toEqual(values[name]);
  expect(after.sign).toEqual(before.sign);
  const first = 3 * 7;
  const finest = 3 * 5 * 9 * 4; // three samples of the camera's first maps
  expect(after.steering!.slice(first, first + finest).every((x) => x === 0)).toBe(true);
  expect(after.steering!.slice(0, first)).not.toEqual(before.steering!.slice(0, first));
  expect(after.steering!.slice(first + finest)).not.toEqual(before.steering!.slice(first + finest));
  built.parameters.dispose();
});

it("trains every part of a task's masks, and of no other's", () => {
  const built = builtArchitecture(mtan, { options: { size: 7 } });
  const gradients = built.gradients("steering");
  for (const part of ["camera/2/f", "camera/3/g", "lidar/2/f", "imu/1/h", "fusion/f"]) {
    expect(Array.from(gradients[`steering/mask/${part}/kernel`]!).some((g) => g !== 0)).toBe(true);
    expect(gradients[`sign/mask/${part}/kernel`]).toBeNull();
  }
  built.parameters.dispose();
});

it("learns a number and a class from plain vectors", () => {
  const { before, after } = lossesOnVectors("{ architecture: mtan, options: { size: 8 } }", 15);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
