import { type Contract, type FeatureSpec, featureSpecsOf, type HeadContract, PolypilotError } from "@polypilot/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { ArchitectureInput } from "../architectures/architecture.js";
import { architectures } from "../architectures/index.js";
import { encoders } from "../encoders/index.js";
import { findMethod } from "../family.js";
import type { HeadModule, HeadOutput } from "../heads/head.js";
import { heads } from "../heads/index.js";
import type { Context, Lookup } from "../module.js";
import type { OwnedParameter } from "../parameter-set.js";

/** A head of a network. */
interface NetworkHead {
  readonly name: string;
  readonly contract: HeadContract;
  readonly module: HeadModule;
}

/** The function that a contract describes, without its parameters' values. */
export interface Network {
  readonly specs: Readonly<Record<string, FeatureSpec>>;
  readonly heads: readonly NetworkHead[];
  readonly parameters: readonly OwnedParameter[];
  /**
   * @param features - by stream, [n, …shape], in the stream's own unit.
   * @param only - heads to answer; by default all.
   */
  readonly forward: (
    parameters: Lookup,
    features: Readonly<Record<string, tf.Tensor>>,
    context: Context,
    only?: readonly string[],
  ) => Readonly<Record<string, HeadOutput>>;
  /** The architecture's regulariser; absent where it has none. */
  readonly penalty?: (parameters: Lookup, features: Readonly<Record<string, tf.Tensor>>, context: Context) => tf.Scalar;
}

/** The encoder that a stream names, or the first that reads its kind. */
export function encoderFor(contract: Contract, stream: string) {
  const { feature, encoder } = contract.streams[stream]!;
  const where = `streams.${stream}.encoder`;
  const found = encoder
    ? findMethod(encoders, encoder.name, `${where}.name`)
    : encoders.find((e) => e.kinds.includes(feature!.kind));
  if (found?.kinds.includes(feature!.kind)) return { encoder: found, options: encoder?.options ?? {} };
  throw new PolypilotError("MTL_ENCODER", ["mtl", where], {
    expected: `an encoder that reads ${feature!.kind}`,
    found: found ? `${found.name}, which reads ${found.kinds.join(", ")}` : "none",
    todo: "Name another encoder",
  });
}

function selectHeads(contract: Contract, selected?: readonly string[]): [string, HeadContract][] {
  for (const name of selected ?? []) {
    if (Object.hasOwn(contract.heads, name)) continue;
    throw new PolypilotError("MTL_HEAD", ["mtl", "model"], {
      expected: `heads among ${Object.keys(contract.heads).join(", ")}`,
      found: name,
      todo: "Correct its spelling",
    });
  }
  return Object.entries(contract.heads).filter(([name]) => !selected || selected.includes(name));
}

/** What a contract's architecture is made from. @param tasks - heads to build; by default all. */
export function architectureInput(
  contract: Contract,
  tasks: readonly string[] = Object.keys(contract.heads),
): ArchitectureInput {
  const specs = featureSpecsOf(contract);
  return {
    streams: Object.keys(specs),
    encoder: (stream, prefix) => {
      const { encoder, options } = encoderFor(contract, stream);
      return encoder.create(prefix, specs[stream]!, options);
    },
    tasks,
    contractTasks: Object.keys(contract.heads),
    options: contract.sharing.options,
  };
}

/** The network of a contract with all its heads, or with the selected ones only. */
export function buildNetwork(contract: Contract, selected?: readonly string[]): Network {
  const specs = featureSpecsOf(contract);
  const chosen = selectHeads(contract, selected);
  const body = findMethod(architectures, contract.sharing.architecture, "sharing.architecture").create(
    architectureInput(
      contract,
      chosen.map(([name]) => name),
    ),
  );
  const built = chosen.map(([name, head]): NetworkHead => {
    const kind = findMethod(heads, head.kind, `heads.${name}.kind`);
    const module = kind.create({ name, prefix: `head/${name}`, head, input: body.shapes[name]!, specs });
    return { name, contract: head, module };
  });
  return {
    specs,
    heads: built,
    ...(body.penalty ? { penalty: body.penalty } : {}),
    parameters: [
      ...body.parameters,
      ...built.flatMap(({ name, module }) => module.parameters.map((spec) => ({ ...spec, owner: { head: name } }))),
    ],
    forward: (p, features, context, only) => {
      const representations = body.apply(p, features, context);
      return Object.fromEntries(
        built
          .filter(({ name }) => !only || only.includes(name))
          .map(({ name, module }) => [name, module.apply(p, representations[name]!, context)]),
      );
    },
  };
}
