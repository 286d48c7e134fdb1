import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FeatureSpec } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { native, writeGraphModel } from "../testing/keras-models.js";
import { build, image, joints, pixels, pretrainedNets, still } from "../testing/pretrained-nets.js";
import { describeEncoder } from "./describe-encoder.js";
import { pretrained } from "./pretrained.js";

const { folder, pathOf } = pretrainedNets();

/** Our vector for three samples, and what TensorFlow.js itself predicts from the numbers that the net was trained on. */
async function both(
  name: string,
  spec: FeatureSpec,
  options: Record<string, unknown>,
  prepared: (x: number, channel: number) => number,
) {
  const { module, parameters } = build(spec, { path: pathOf(name), ...options });
  const x = pixels(spec, 3);
  const ours = tf.tidy(
    () =>
      module
        .apply(parameters.lookup, tf.tensor(x, [3, ...spec.shape]), still)
        .vector.dataSync()
        .slice() as never,
  ) as Float32Array;
  parameters.dispose();
  const { loadLayersModel, loadGraphModel, tensor } = native();
  const url = `file://${pathOf(name)}`;
  const model = await (name === "graph" ? loadGraphModel(url) : loadLayersModel(url));
  const input = tensor(
    x.map((v, i) => prepared(v, i % spec.shape.at(-1)!)),
    [3, ...spec.shape],
  );
  const theirs = (model.predict(input) as tf.Tensor).dataSync();
  return { ours, theirs };
}

const symmetric = (v: number) => v / 127.5 - 1;
const near = ({ ours, theirs }: Awaited<ReturnType<typeof both>>) => {
  expect(ours.length).toBe(theirs.length);
  const largest = Math.max(...theirs.map(Math.abs));
  expect(largest).toBeGreaterThan(0.01);
  ours.forEach((v, i) => {
    expect(Math.abs(v - theirs[i]!)).toBeLessThan(2e-5 * Math.max(1, largest));
  });
};

describe("a pretrained net answers number by number as TensorFlow.js does", () => {
  it("with convolutions of every kind, normalisation and pooling in a row", async () =>
    near(await both("sequential", image(16, 21), {}, symmetric)));
  it("with a residual block, a strided shortcut, padding, and a layer used twice", async () =>
    near(await both("residual", image(9, 12), {}, symmetric)));
  it("with a model inside a model", async () => near(await both("nested", image(9, 12), {}, symmetric)));
  it("with fully connected layers over joints", async () => near(await both("mlp", joints, {}, (v) => v)));
  it("with a graph model's operations", async () => near(await both("graph", image(10, 14), {}, symmetric)));

  it.each<[string, Record<string, unknown>, (x: number, c: number) => number]>([
    ["unit", {}, (v) => v / 255],
    ["raw", {}, (v) => v],
    [
      "standard",
      { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] },
      (v, c) => (v / 255 - [0.4, 0.5, 0.6][c]!) / [0.2, 0.3, 0.25][c]!,
    ],
  ])("with the preprocessing %s that it was trained with", async (preprocessing, more, prepared) => {
    near(await both("residual", image(9, 12), { preprocessing, ...more }, prepared));
  });

  it("cut at a layer", async () => {
    const model = await native().loadLayersModel(`file://${pathOf("sequential")}`);
    const cut = native().model({ inputs: model.inputs, outputs: model.getLayer("gap").output as never });
    const { module, parameters } = build(image(16, 21), { path: pathOf("sequential"), layer: "gap" });
    const x = pixels(image(16, 21), 2);
    const ours = tf.tidy(
      () =>
        module
          .apply(parameters.lookup, tf.tensor(x, [2, 16, 21, 3]), still)
          .vector.dataSync()
          .slice() as never,
    ) as Float32Array;
    const theirs = (cut.predict(native().tensor(x.map(symmetric), [2, 16, 21, 3])) as tf.Tensor).dataSync();
    near({ ours, theirs });
    expect(module.parameters.some((p) => p.name.includes("answer"))).toBe(false);
    parameters.dispose();
  });
});

/** model.json as Keras writes it: around the model, and its connections in Keras 3's form. */
function asKeras(from: string, to: string, inbound: (nodes: unknown[][][]) => unknown): void {
  cpSync(join(folder, from), join(folder, to), { recursive: true });
  const json = JSON.parse(readFileSync(pathOf(to), "utf8"));
  const { class_name, config } = json.modelTopology;
  for (const layer of config.layers) layer.inbound_nodes = inbound(layer.inbound_nodes);
  const model_config = { class_name: class_name === "Model" ? "Functional" : class_name, config };
  json.modelTopology = { keras_version: "3.3.3", backend: "tensorflow", model_config };
  writeFileSync(pathOf(to), JSON.stringify(json));
}

describe("a net that Keras wrote", () => {
  it.each<[string, (nodes: unknown[][][]) => unknown]>([
    ["in Keras 2's form", (nodes) => nodes],
    [
      "in Keras 3's form",
      (nodes) =>
        nodes.map((sources) => {
          const tensors = sources.map((s) => ({
            class_name: "__keras_tensor__",
            config: { keras_history: s.slice(0, 3) },
          }));
          return { args: tensors.length === 1 ? tensors : [tensors], kwargs: {} };
        }),
    ],
  ])("is the same net: %s", (what, inbound) => {
    asKeras("residual", what.slice(3, 10), inbound);
    const x = pixels(image(9, 12), 2);
    const said = (name: string) => {
      const { module, parameters } = build(image(9, 12), { path: pathOf(name) });
      const vector = tf.tidy(
        () =>
          module
            .apply(parameters.lookup, tf.tensor(x, [2, 9, 12, 3]), still)
            .vector.dataSync()
            .slice() as never,
      ) as Float32Array;
      parameters.dispose();
      return vector;
    };
    expect(said(what.slice(3, 10))).toEqual(said("residual"));
  });
});

describe("what a pretrained net refuses", () => {
  it.each<[string, FeatureSpec, Record<string, unknown>, RegExp]>([
    ["an input of another shape", image(16, 20), { path: "sequential" }, /\[16, 21, 3\].*Found \[16, 20, 3\]/],
    ["another number of channels", image(16, 21, 1), { path: "sequential" }, /\[16, 21, 3\].*Found \[16, 21, 1\]/],
    ["a missing file", image(16, 21), { path: "nothing" }, /nothing.*no such file/],
    ["no path", image(16, 21), {}, /options\.path/],
    ["an unknown layer", image(16, 21), { path: "sequential", layer: "gup" }, /stem_bn.*Found gup/],
    ["a layer that cannot be built", joints, { path: "recurrent" }, /memory, LSTM/],
    [
      "half a normalisation",
      image(9, 12),
      { path: "residual", preprocessing: "standard", mean: [0] },
      /mean and std of 3 channels/,
    ],
    ["an impossible freezing", image(9, 12), { path: "residual", trainable: "first 2" }, /trainable is true, false/],
  ])("%s", (_what, spec, { path, ...options }, message) => {
    const given = path === undefined ? options : { path: pathOf(path as string), ...options };
    expect(() => pretrained.create("encoder/x", spec, given)).toThrow(message);
  });

  it("an operation that it does not know, by name, and a short shard", () => {
    const at = join(folder, "odd");
    writeGraphModel(at, 10, 14, [{ name: "turned", op: "FFT", input: ["answer"], attr: {} }]);
    expect(() => pretrained.create("e", image(10, 14), { path: at })).toThrow(/turned, FFT/);
    expect(() => pretrained.create("e", image(10, 14), { path: at, layer: "answer" })).toThrow(/turned, FFT/);
    const json = readFileSync(join(at, "model.json"), "utf8");
    writeFileSync(join(at, "model.json"), json.replace('"name":"turned","op":"FFT"', '"name":"turned","op":"Relu"'));
    expect(() => pretrained.create("e", image(10, 14), { path: at })).not.toThrow();
    writeFileSync(join(at, "group1-shard2of2.bin"), Buffer.alloc(8));
    expect(() => pretrained.create("e", image(10, 14), { path: at })).toThrow(/bytes of weights/);
  });
});

describeEncoder(pretrained, [image(16, 21)], () => ({
  path: pathOf("sequential"),
  layer: "separable",
  trainable: true,
}));
describeEncoder(pretrained, [image(9, 12)], () => ({ path: pathOf("residual"), trainable: true }));
describeEncoder(pretrained, [joints], () => ({ path: pathOf("mlp"), trainable: true }));
