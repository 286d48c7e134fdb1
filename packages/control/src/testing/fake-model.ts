import { setTimeout as wait } from "node:timers/promises";
import type { Predictor } from "@polypilot/core";

/** What a scan of so many metres makes the fake model do. */
export const tricks = { exit: 1, hang: 2, fail: 4 } as const;

/**
 * A model for tests of workers: steers by 0.1 · the joints' first number, and does what the lidar's first number says.
 *
 * @param checkpoint - "broken" cannot be loaded; "mortal" dies at each fourth question.
 */
export async function loadPredictor(checkpoint: string, options: { runtime?: string }): Promise<Predictor> {
  if (checkpoint === "broken") throw new Error("[mtl] [checkpoint] a checkpoint is there. Found nothing. Train one.");
  let questions = 0;
  return {
    inputs: { camera: [8, 8, 1], lidar: [4], joints: [1] },
    heads: ["steering"],
    runtime: options.runtime ?? "fake",
    async predict({ joints, lidar }) {
      questions += 1;
      if (checkpoint === "mortal" && questions > 4) process.exit(7);
      if (lidar![0] === tricks.exit) process.exit(3);
      if (lidar![0] === tricks.hang) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
      if (lidar![0] === tricks.fail) throw new Error("the model failed");
      await wait(1);
      return { steering: { mean: Float64Array.of(0.01 * joints![0]!), sigma: Float64Array.of(0.02) } };
    },
    close: async () => {},
  };
}
