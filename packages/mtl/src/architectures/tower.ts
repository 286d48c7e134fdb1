import type * as tf from "@tensorflow/tfjs-core";
import type { Encoded, EncoderModule } from "../encoders/encoder.js";
import { fusion } from "../layers/fusion.js";
import type { Module } from "../module.js";
import type { ArchitectureInput, Representation, RepresentationShape } from "./architecture.js";

/** One net from all streams to a representation: a modality net a stream, then fusion into one vector. */
export interface Tower extends Module<Readonly<Record<string, tf.Tensor>>, Representation> {
  readonly shape: RepresentationShape;
  readonly encoders: readonly { readonly stream: string; readonly module: EncoderModule }[];
  readonly fused: Module<readonly Encoded[], tf.Tensor2D>;
}

/**
 * A net of its own.
 *
 * @param prefix - of its parameters' names: empty where all tasks share it, `steering/` where it is that task's.
 * @param size - numbers in its vector.
 */
export function tower({ streams, encoder }: ArchitectureInput, prefix: string, size: number): Tower {
  const encoders = streams.map((stream) => ({ stream, module: encoder(stream, `${prefix}encoder/${stream}`) }));
  const fused = fusion(
    `${prefix}fusion`,
    encoders.map((e) => e.module.vectorSize),
    size,
  );
  const withMaps = encoders.filter((e) => e.module.mapShapes.length > 0);
  return {
    encoders,
    fused,
    parameters: [...encoders.flatMap((e) => e.module.parameters), ...fused.parameters],
    shape: { vectorSize: size, maps: Object.fromEntries(withMaps.map((e) => [e.stream, e.module.mapShapes])) },
    apply: (p, features, context) => {
      const encoded = new Map<string, Encoded>(
        encoders.map((e) => [e.stream, e.module.apply(p, features[e.stream]!, context)]),
      );
      return {
        vector: fused.apply(p, [...encoded.values()], context),
        maps: Object.fromEntries(withMaps.map((e) => [e.stream, encoded.get(e.stream)!.maps])),
      };
    },
  };
}
