import type { GraphBuilder } from "./graph-builder.js";
import { cannotExport, type KernelRule } from "./kernel-rule.js";
import type { Traced } from "./record-kernels.js";

const fromEnd = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

const reshape: KernelRule = (graph, { inputs, outputs }) => {
  const shape = graph.ints(outputs[0]!.shape);
  graph.setPlain(outputs[0]!, graph.node("Reshape", [graph.plain(inputs.x!), shape]));
};

const transpose: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const perm = { ints: attributes.perm as number[] };
  graph.setPlain(outputs[0]!, graph.node("Transpose", [graph.plain(inputs.x!)], { perm }));
};

const concat: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const parts = Object.values(inputs);
  const axis = fromEnd(attributes.axis as number, outputs[0]!.shape.length);
  if (axis === 3 && parts.every((part) => graph.isChannelsFirst(part))) {
    const names = parts.map((part) => graph.channelsFirst(part));
    graph.setChannelsFirst(outputs[0]!, graph.node("Concat", names, { axis: { int: 1 } }));
    return;
  }
  const names = parts.map((part) => graph.plain(part));
  graph.setPlain(outputs[0]!, graph.node("Concat", names, { axis: { int: axis } }));
};

const slice: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const begin = attributes.begin as number[];
  const end = begin.map((start, i) => start + outputs[0]!.shape[i]!);
  const axes = begin.map((_, i) => i);
  const names = [graph.plain(inputs.x!), graph.ints(begin), graph.ints(end), graph.ints(axes)];
  graph.setPlain(outputs[0]!, graph.node("Slice", names));
};

const pad: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const paddings = attributes.paddings as [number, number][];
  const sizes = graph.ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])]);
  const value = graph.floats([(attributes.constantValue as number | undefined) ?? 0], []);
  graph.setPlain(outputs[0]!, graph.node("Pad", [graph.plain(inputs.x!), sizes, value]));
};

function transposed(graph: GraphBuilder, tensor: Traced, wanted: unknown): string {
  const name = graph.plain(tensor);
  if (!wanted) return name;
  const perm = tensor.shape.map((_, i) => i);
  perm.push(...perm.splice(-2).reverse());
  return graph.node("Transpose", [name], { perm: { ints: perm } });
}

const matMul: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const a = transposed(graph, inputs.a!, attributes.transposeA);
  const b = transposed(graph, inputs.b!, attributes.transposeB);
  graph.setPlain(outputs[0]!, graph.node("MatMul", [a, b]));
};

/** An operation over the last axis. */
const overLast =
  (op: string): KernelRule =>
  (graph, { inputs, outputs, attributes }) => {
    const x = inputs.logits ?? inputs.x!;
    const rank = x.shape.length;
    if (fromEnd((attributes.dim ?? attributes.axis ?? -1) as number, rank) !== rank - 1)
      throw cannotExport(`${op} over an axis that is not the last`);
    graph.setPlain(outputs[0]!, graph.node(op, [graph.plain(x)], { axis: { int: -1 } }));
  };

const argMax: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const x = inputs.x!;
  const axis = fromEnd(attributes.axis as number, x.shape.length);
  const first = axis === 3 && graph.isChannelsFirst(x);
  const index = graph.node("ArgMax", [first ? graph.channelsFirst(x) : graph.plain(x)], {
    axis: { int: first ? 1 : axis },
    keepdims: { int: 0 },
  });
  graph.setPlain(outputs[0]!, graph.node("Cast", [index], { to: { int: 1 } }));
};

/** The k largest numbers of the last axis, the left one first where two are equal, and their places. */
const topK: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const names = graph.nodeOf("TopK", [graph.plain(inputs.x!), graph.ints([attributes.k as number])], 2);
  outputs.forEach((output, i) => {
    graph.setPlain(output, names[i]!);
  });
};

const oneHot: KernelRule = (graph, { inputs, outputs, attributes }) => {
  const { depth, onValue, offValue } = attributes as Record<"depth" | "onValue" | "offValue", number>;
  const names = [graph.plain(inputs.indices!), graph.ints([depth]), graph.floats([offValue, onValue], [2])];
  graph.setPlain(outputs[0]!, graph.node("OneHot", names));
};

/** Over some axes. ONNX takes those of ReduceSum as an input and the others' as an attribute. */
const reduce =
  (op: "ReduceMean" | "ReduceMax" | "ReduceSum"): KernelRule =>
  (graph, { inputs, outputs, attributes }) => {
    const x = inputs.x!;
    const given = (attributes.reductionIndices ?? attributes.axis) as number | number[];
    const axes = (Array.isArray(given) ? given : [given]).map((axis) => fromEnd(axis, x.shape.length));
    const keepdims = { int: attributes.keepDims ? 1 : 0 };
    const name = graph.plain(x);
    const y =
      op === "ReduceSum"
        ? graph.node(op, [name, graph.ints(axes)], { keepdims })
        : graph.node(op, [name], { axes: { ints: axes }, keepdims });
    graph.setPlain(outputs[0]!, y);
  };

/** Operations that move numbers, multiply matrices or run over an axis. */
export const shapeRules: Readonly<Record<string, KernelRule>> = {
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  PadV2: pad,
  BatchMatMul: matMul,
  Softmax: overLast("Softmax"),
  LogSoftmax: overLast("LogSoftmax"),
  ArgMax: argMax,
  TopK: topK,
  OneHot: oneHot,
  Max: reduce("ReduceMax"),
  Mean: reduce("ReduceMean"),
  Sum: reduce("ReduceSum"),
};
