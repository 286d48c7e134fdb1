import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { decodeSafetensors } from "../checkpoint/safetensors.js";
import { writePeerWork } from "./peer-work.js";

it("writes the weights as they were before the first step, the batch, and the losses of three steps", async () => {
  const folder = await mkdtemp(join(tmpdir(), "polypilot-peer-work-"));
  const values = Float32Array.of(1, 2);
  const mask = Uint8Array.of(1);
  try {
    await writePeerWork(folder, "net", {
      weights: () => ({ "a/kernel": { shape: [2, 1], values: values.slice() } }),
      batch: {
        size: 1,
        features: { camera: { shape: [1, 2], data: Uint8Array.of(3, 255) } },
        labels: { task: { shape: [1, 1], data: Float32Array.of(0.5), mask } },
      },
      step: (at) => {
        values.fill(9);
        return { task: 10 - at };
      },
    });
    const arrays = decodeSafetensors(await readFile(join(folder, "net.safetensors")), "net");
    expect(arrays["weights/a/kernel"]).toEqual({ shape: [2, 1], values: Float32Array.of(1, 2) });
    expect(arrays["features/camera"]).toEqual({ shape: [1, 2], values: Float32Array.of(3, 255) });
    expect(arrays["labels/task"]).toEqual({ shape: [1, 1], values: Float32Array.of(0.5) });
    const { losses } = JSON.parse(await readFile(join(folder, "net.json"), "utf8"));
    expect(losses).toEqual([{ task: 10 }, { task: 9 }, { task: 8 }]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
