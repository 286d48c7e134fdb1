import { sizeOf } from "@polypilot/core";
import type { OnnxAttribute, OnnxGraph, OnnxInitializer, OnnxNode, OnnxValue } from "./onnx-file.js";
import type { Constant, Traced } from "./record-kernels.js";

/** Names of one tensor's values: as TensorFlow lays them out, and with channels before height and width. */
interface Names {
  plain?: string;
  channelsFirst?: string;
}

/**
 * Collects the nodes of an ONNX graph.
 *
 * ONNX's convolutions want channels first, TensorFlow's have them last. Each image is kept in the layout in which it was made
 * and transposed only where another is asked for, once.
 */
export interface GraphBuilder {
  /** Name of the tensor's values in TensorFlow's layout. */
  plain(tensor: Traced): string;
  /** Name of an image's values, [n, c, h, w]. */
  channelsFirst(tensor: Traced): string;
  /** Whether the image is at hand with channels first. */
  isChannelsFirst(tensor: Traced): boolean;
  constant(tensor: Traced): Constant | undefined;
  /** A new initializer; for a name that was written before, that one. */
  floats(values: ArrayLike<number>, shape: readonly number[], name?: string): string;
  ints(values: readonly number[]): string;
  /** Adds a node with one output, whose name is returned. */
  node(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>): string;
  /** Adds a node with several outputs. */
  nodeOf(op: string, inputs: readonly string[], outputs: number): readonly string[];
  setPlain(tensor: Traced, name: string): void;
  setChannelsFirst(tensor: Traced, name: string): void;
  /** Gives a value the name that users of the graph see. */
  nameOutput(name: string, value: string): void;
  finish(name: string, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): OnnxGraph;
}

const bytesOf = (array: Float32Array | BigInt64Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export function createGraphBuilder(constants: ReadonlyMap<number, Constant>): GraphBuilder {
  const names = new Map<number, Names>();
  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  let count = 0;
  const fresh = (prefix: string) => {
    count += 1;
    return `${prefix}_${count}`;
  };
  const namesOf = (tensor: Traced): Names => {
    const found = names.get(tensor.id) ?? {};
    names.set(tensor.id, found);
    return found;
  };
  const written = new Set<string>();
  const floats = (values: ArrayLike<number>, shape: readonly number[], name = fresh("constant")) => {
    if (written.has(name)) return name; // a parameter that several operations read
    written.add(name);
    const array = Float32Array.from(values);
    if (array.length !== sizeOf(shape)) throw new Error(`${name}: ${array.length} numbers for [${shape.join(", ")}]`);
    initializers.push({ name, shape, type: "float32", bytes: bytesOf(array) });
    return name;
  };
  const node: GraphBuilder["node"] = (op, inputs, attributes = {}) => {
    const output = fresh(op.toLowerCase());
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const nodeOf: GraphBuilder["nodeOf"] = (op, inputs, count) => {
    const outputs = Array.from({ length: count }, () => fresh(op.toLowerCase()));
    nodes.push({ op, inputs, outputs, attributes: {} });
    return outputs;
  };
  const plain = (tensor: Traced): string => {
    const known = namesOf(tensor);
    const constant = constants.get(tensor.id);
    if (!known.plain && constant) known.plain = floats(constant.values, constant.shape, constant.name);
    known.plain ??= node("Transpose", [known.channelsFirst!], { perm: { ints: [0, 2, 3, 1] } });
    return known.plain;
  };
  return {
    plain,
    channelsFirst: (tensor) => {
      const known = namesOf(tensor);
      known.channelsFirst ??= node("Transpose", [plain(tensor)], { perm: { ints: [0, 3, 1, 2] } });
      return known.channelsFirst;
    },
    isChannelsFirst: (tensor) => names.get(tensor.id)?.channelsFirst !== undefined,
    constant: (tensor) => constants.get(tensor.id),
    floats,
    ints: (values) => {
      const name = fresh("sizes");
      const bytes = bytesOf(BigInt64Array.from(values, BigInt));
      initializers.push({ name, shape: [values.length], type: "int64", bytes });
      return name;
    },
    node,
    nodeOf,
    setPlain: (tensor, name) => {
      namesOf(tensor).plain = name;
    },
    setChannelsFirst: (tensor, name) => {
      namesOf(tensor).channelsFirst = name;
    },
    nameOutput: (name, value) => {
      nodes.push({ op: "Identity", inputs: [value], outputs: [name], attributes: {} });
    },
    finish: (name, inputs, outputs) => ({ name, nodes, initializers, inputs, outputs }),
  };
}
