import type * as tf from "@tensorflow/tfjs-core";
import type { Encoded } from "../encoders/encoder.js";
import type { Context, Lookup, ParameterSpec } from "../module.js";
import type { Representation } from "./architecture.js";
import type { Tower } from "./tower.js";

/** A layer that every one of several equal nets has. */
export interface SharedLayer {
  /** `camera/1` for a stream's first stage; `fusion`. */
  readonly name: string;
  /** Numbers in its output's last axis: channels of an image, else the vector's size. */
  readonly width: number;
  /** Of one net's layer. */
  readonly parametersOf: (net: Tower) => readonly ParameterSpec[];
}

/** The layers of equal nets, in the order in which `lockstep` runs them. */
export function layersOf(net: Tower): readonly SharedLayer[] {
  const stages = net.encoders.flatMap(({ stream, module }, e) =>
    module.stages.map((stage, i) => ({
      name: `${stream}/${i + 1}`,
      width: stage.shape.at(-1)!,
      parametersOf: (other: Tower) => other.encoders[e]!.module.stages[i]!.parameters,
    })),
  );
  return [
    ...stages,
    { name: "fusion", width: net.shape.vectorSize, parametersOf: (other: Tower) => other.fused.parameters },
  ];
}

/** What becomes of one layer's outputs, one a net, before the next layer reads them. */
export type Mix = (layer: string, outputs: readonly tf.Tensor[]) => readonly tf.Tensor[];

/** Runs equal nets layer by layer on the same input, with `mix` between the layers; one representation a net. */
export function lockstep(
  nets: readonly Tower[],
  p: Lookup,
  features: Readonly<Record<string, tf.Tensor>>,
  context: Context,
  mix: Mix,
): Representation[] {
  const encoded: Encoded[][] = nets.map(() => []);
  const maps: Record<string, tf.Tensor4D[]>[] = nets.map(() => ({}));
  for (const [e, { stream, module }] of nets[0]!.encoders.entries()) {
    const modules = nets.map((net) => net.encoders[e]!.module);
    const input = module.prepare(features[stream]!);
    let xs: readonly tf.Tensor[] = nets.map(() => input);
    const found: tf.Tensor4D[][] = nets.map(() => []);
    for (let i = 0; i < module.stages.length; i += 1) {
      const outputs = modules.map((m, t) => m.stages[i]!.apply(p, xs[t]!, context));
      xs = mix(`${stream}/${i + 1}`, outputs);
      xs.forEach((x, t) => {
        if (x.rank === 4) found[t]!.push(x as tf.Tensor4D);
      });
    }
    for (const [t, m] of modules.entries()) {
      encoded[t]!.push({ vector: m.finish(xs[t]!, context), maps: found[t]! });
      if (module.mapShapes.length > 0) maps[t]![stream] = found[t]!;
    }
  }
  const vectors = mix(
    "fusion",
    nets.map((net, t) => net.fused.apply(p, encoded[t]!, context)),
  );
  return vectors.map((vector, t) => ({ vector: vector as tf.Tensor2D, maps: maps[t]! }));
}
