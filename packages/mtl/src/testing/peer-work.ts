import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Batch } from "@polypilot/core";
import { encodeSafetensors, type NamedArray } from "../checkpoint/safetensors.js";

/** What a step is done to: the first weights, and how one step of training is done. */
export interface PeerSubject {
  readonly weights: () => Readonly<Record<string, NamedArray>>;
  readonly batch: Batch;
  /** Does one step and gives each head's loss before it. */
  readonly step: (step: number) => Readonly<Record<string, number | null>>;
}

const STEPS = 3;

const floats = ({ shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }) => ({
  shape,
  values: Float32Array.from(data),
});

const under = (folder: string, arrays: Readonly<Record<string, NamedArray>>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${folder}/${name}`, array]));

/**
 * Two files, from which another program can do the same steps: `NET.safetensors` with `weights/…`, `features/…` and `labels/…`, and
 * `NET.json` with the losses of the first three steps by head. The weights and the batch are those before the first step.
 */
export async function writePeerWork(folder: string, net: string, subject: PeerSubject): Promise<void> {
  const { batch } = subject;
  const features = Object.entries(batch.features).map(([name, array]) => [name, floats(array)]);
  const labels = Object.entries(batch.labels).map(([name, array]) => [name, floats(array)]);
  const arrays = {
    ...under("weights", subject.weights()),
    ...under("features", Object.fromEntries(features)),
    ...under("labels", Object.fromEntries(labels)),
  };
  const losses = Array.from({ length: STEPS }, (_, at) => subject.step(at));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${net}.safetensors`), encodeSafetensors(arrays));
  await writeFile(join(folder, `${net}.json`), JSON.stringify({ losses }));
}
