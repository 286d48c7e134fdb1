import type { NativeBinding, OpAttribute } from "./native-binding.js";
import { NotCompilable } from "./not-compilable.js";
import { type OpDefinition, opDefinition } from "./op-definition.js";
import type { RecordedOp, Source } from "./recorder.js";
import { dataType, type GraphAttribute, type GraphNode } from "./saved-model-file.js";

/** Makes a graph's nodes from recorded operations. */
export interface GraphNodes {
  /** In an order in which they can run. */
  readonly nodes: readonly GraphNode[];
  /** Name of what a source becomes in the graph, with its nodes and all that they read. */
  reference(source: Source): string;
}

type ScalarKind = "text" | "int" | "float" | "bool" | "type" | "shape";

function scalarKind(binding: NativeBinding, type: number): ScalarKind {
  if (type === binding.TF_ATTR_STRING) return "text";
  if (type === binding.TF_ATTR_INT) return "int";
  if (type === binding.TF_ATTR_FLOAT) return "float";
  if (type === binding.TF_ATTR_BOOL) return "bool";
  if (type === binding.TF_ATTR_TYPE) return "type";
  return "shape";
}

const LIST_KINDS: Readonly<Record<string, string>> = {
  "list(int)": "ints",
  "list(float)": "floats",
  "list(bool)": "bools",
  "list(type)": "types",
  "list(string)": "texts",
};

/** An attribute as the definition wants it: a lone value may stand for a list of one. */
function attributeOf(binding: NativeBinding, { type, value }: OpAttribute, kind: string): GraphAttribute {
  const list = LIST_KINDS[kind];
  const key = list ?? scalarKind(binding, type);
  return { [key]: list && !Array.isArray(value) ? [value] : value } as unknown as GraphAttribute;
}

const dtypeOf = (source: Source) => source.dtype;

/**
 * What eager execution infers from the inputs and a graph must be told: how many they are, and of what types.
 *
 * @throws NotCompilable if an operation has two lists of inputs whose lengths are not given.
 */
function inferred(
  op: RecordedOp,
  definition: OpDefinition,
  given: ReadonlyMap<string, GraphAttribute>,
): Record<string, GraphAttribute> {
  const found: Record<string, GraphAttribute> = {};
  const lists = definition.inputs.filter((input) => input.count || input.types);
  let at = 0;
  for (const { count, type, types } of definition.inputs) {
    const told = count ? given.get(count) : undefined;
    const rest = op.inputs.length - (definition.inputs.length - lists.length);
    if ((count || types) && !told && lists.length > 1) throw new NotCompilable(`${op.op} takes two lists of inputs`);
    const n = !(count || types) ? 1 : told && "int" in told ? told.int : rest;
    const dtypes = op.inputs.slice(at, at + n).map(dtypeOf);
    if (count) found[count] = { int: n };
    if (types) found[types] = { types: dtypes };
    if (type && n > 0) found[type] = { type: dtypes[0]! };
    at += n;
  }
  return found;
}

function attributesOf(binding: NativeBinding, op: RecordedOp): Record<string, GraphAttribute> {
  const definition = opDefinition(op.op);
  if (!definition) throw new NotCompilable(`the operation ${op.op} is not in the table of operations`);
  const given = new Map<string, GraphAttribute>();
  for (const attribute of op.attributes) {
    const known = definition.attributes.get(attribute.name);
    if (known) given.set(attribute.name, attributeOf(binding, attribute, known.kind));
  }
  const all = { ...Object.fromEntries(given), ...inferred(op, definition, given) };
  for (const [name, { optional }] of definition.attributes) {
    if (!optional && !all[name]) throw new NotCompilable(`${op.op} does not say its attribute ${name}`);
  }
  return all;
}

/**
 * Pairs of operations, what reads and what is read, that TensorFlow's optimiser would make one or reorder, so that sums round otherwise.
 *
 * Between them stands a node that it does not look through and that costs nothing: the graph is then the step operation by operation,
 * to the bit. Constants stand behind one too: where a step divides by c, TensorFlow would multiply by 1/c.
 */
const KEPT_APART: Readonly<Record<string, ReadonlySet<string> | "all">> = (() => {
  const sum = new Set(["Add", "AddV2", "AddN", "Mul", "RealDiv"]);
  const turned = new Set(["Transpose"]);
  const factor = new Set(["Mul"]);
  return { BiasAddGrad: "all", Add: sum, AddV2: sum, AddN: sum, Mul: factor, MatMul: turned, BatchMatMulV2: turned };
})();

const LAYERS: ReadonlySet<string> = new Set(["Conv2D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2"]);

function isKeptApart(reader: RecordedOp, source: Source, ops: readonly RecordedOp[]): boolean {
  const from = KEPT_APART[reader.op];
  if (!from || source.kind !== "output") return false;
  return from === "all" || from.has(ops[source.op]!.op);
}

/** Whether a sum adds one number a channel to a layer's products: TensorFlow does that along with the layer, with the same bits. */
function addsBias({ op, inputs }: RecordedOp, ops: readonly RecordedOp[]): boolean {
  const [x, bias] = inputs;
  if ((op !== "Add" && op !== "AddV2") || x?.kind !== "output" || bias?.kind !== "input") return false;
  return LAYERS.has(ops[x.op]!.op) && bias.shape.length === 1 && x.shape.at(-1) === bias.shape[0];
}

/** The same for equal constants, which are one node; large ones are not looked into. */
function constantKey(source: Extract<Source, { kind: "constant" }>): Source | string {
  const { dtype, shape, bytes } = source;
  return bytes.length > 256 ? source : `${dtype} ${shape.join()} ${Buffer.from(bytes).toString("base64")}`;
}

/** A softmax from the steps of TensorFlow's own kernel: graphs get oneDNN's in its place, which rounds otherwise. */
function softmaxNodes({ name, inputs, attributes }: GraphNode): GraphNode[] {
  const T = attributes.T!;
  const int32: GraphAttribute = { type: dataType.int32 };
  const last = { dtype: dataType.int32, shape: [1], bytes: new Uint8Array(Int32Array.of(-1).buffer) };
  const along = { T, Tidx: int32, keep_dims: { bool: true } };
  const node = (
    part: string,
    op: string,
    from: readonly string[],
    others: GraphNode["attributes"] = { T },
  ): GraphNode => ({
    name: `${name}_${part}`,
    op,
    inputs: from.map((of) => (of === "" ? inputs[0]! : `${name}_${of}`)),
    attributes: others,
  });
  return [
    node("axis", "Const", [], { dtype: int32, value: { tensor: last } }),
    node("max", "Max", ["", "axis"], along),
    node("less", "Sub", ["", "max"]),
    node("exp", "Exp", ["less"]),
    node("sum", "Sum", ["exp", "axis"], along),
    node("inverse", "Reciprocal", ["sum"]),
    { ...node("", "Mul", ["exp", "inverse"]), name },
  ];
}

/** The nodes of a graph, each made when something that needs it is asked for. */
export function graphNodes(binding: NativeBinding, ops: readonly RecordedOp[]): GraphNodes {
  const nodes: GraphNode[] = [];
  const made = new Set<string>();
  const constants = new Map<Source | string, string>();
  const add = (node: GraphNode) => {
    if (!made.has(node.name)) nodes.push(node);
    made.add(node.name);
    return node.name;
  };
  const opaque = (of: string, { dtype, shape }: Source): string => {
    const attributes = { dtype: { type: dtype }, shape: { shape } };
    return add({ name: `${of.replace(":", "_")}_`, op: "PlaceholderWithDefault", inputs: [of], attributes });
  };
  const constant = (source: Extract<Source, { kind: "constant" }>): string => {
    const key = constantKey(source);
    const name = constants.get(key) ?? `c${constants.size}`;
    constants.set(key, name);
    const attributes = { dtype: { type: source.dtype }, value: { tensor: source } };
    add({ name, op: "Const", inputs: [], attributes });
    return source.dtype === dataType.float32 ? opaque(name, source) : name;
  };
  const reference = (source: Source): string => {
    if (source.kind === "constant") return constant(source);
    if (source.kind === "input") {
      const { name, dtype, shape } = source;
      return add({ name, op: "Placeholder", inputs: [], attributes: { dtype: { type: dtype }, shape: { shape } } });
    }
    const name = `n${source.op}`;
    if (!made.has(name)) emit(source.op);
    return source.index === 0 ? name : `${name}:${source.index}`;
  };
  // Not by recursion: a long net's chain of operations is deeper than the stack.
  const emit = (last: number) => {
    const pending = [last];
    while (pending.length > 0) {
      const at = pending.at(-1)!;
      const op = ops[at]!;
      const missing = op.inputs.flatMap((s) => (s.kind === "output" && !made.has(`n${s.op}`) ? [s.op] : []));
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      pending.pop();
      if (!made.has(`n${at}`)) {
        const inputs = op.inputs.map((source) => {
          const name = reference(source);
          return isKeptApart(op, source, ops) ? opaque(name, source) : name;
        });
        const named = addsBias(op, ops) ? "BiasAdd" : op.op;
        const node = { name: `n${at}`, op: named, inputs, attributes: attributesOf(binding, op) };
        for (const each of op.op === "Softmax" ? softmaxNodes(node) : [node]) add(each);
      }
    }
  };
  return { nodes, reference };
}
