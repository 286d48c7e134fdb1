import type { Encoded } from "../encoders/encoder.js";
import { fusion } from "../layers/fusion.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import type { Architecture, ArchitectureModule, Representation } from "./architecture.js";

const options = {
  size: { type: "integer", default: 128, min: 1, max: 8192, doc: "numbers in the shared vector" },
} as const satisfies OptionSpecs;

/**
 * Hard parameter sharing: every task reads the same representation.
 *
 * y_t = h_t(f(x; θs); θt): one modality net a stream, fused into one vector f, then a head h_t a task.
 *
 * @see Caruana 1997, Multitask Learning.
 */
export const hard: Architecture = {
  name: "hard",
  sentence: "All tasks read one shared representation",
  paper: "Caruana 1997, Multitask Learning",
  deployable: true,
  options,
  create: ({ streams, encoder, tasks, options: given }): ArchitectureModule => {
    const { size } = resolveOptions(options, given, "sharing.options");
    const encoders = streams.map((stream) => ({ stream, module: encoder(stream, `encoder/${stream}`) }));
    const fused = fusion(
      "fusion",
      encoders.map((e) => e.module.vectorSize),
      size,
    );
    const withMaps = encoders.filter((e) => e.module.mapShapes.length > 0);
    const shape = {
      vectorSize: size,
      maps: Object.fromEntries(withMaps.map((e) => [e.stream, e.module.mapShapes])),
    };
    return {
      parameters: [...encoders.flatMap((e) => e.module.parameters), ...fused.parameters].map((spec) => ({
        ...spec,
        owner: "shared",
      })),
      shapes: Object.fromEntries(tasks.map((task) => [task, shape])),
      apply: (p, features, context) => {
        const encoded = new Map<string, Encoded>(
          encoders.map((e) => [e.stream, e.module.apply(p, features[e.stream]!, context)]),
        );
        const shared: Representation = {
          vector: fused.apply(p, [...encoded.values()], context),
          maps: Object.fromEntries(withMaps.map((e) => [e.stream, encoded.get(e.stream)!.maps])),
        };
        return Object.fromEntries(tasks.map((task) => [task, shared]));
      },
    };
  },
};
