import type { FeatureSpec } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { withTape } from "../model/backward.js";
import { build, image, pixels, pretrainedNets, still } from "../testing/pretrained-nets.js";

const { pathOf } = pretrainedNets();

const slopes = (name: string, spec: FeatureSpec) => {
  const { module, parameters } = build(spec, { path: pathOf(name), trainable: true });
  const x = () => tf.tensor(pixels(spec, 2), [2, ...spec.shape]);
  const loss = () => tf.sum(tf.square(module.apply(parameters.lookup, x(), still).vector)) as tf.Scalar;
  const found = withTape(loss, (l, of) =>
    of(
      [{ loss: l, weight: 1 }],
      parameters.specs.map((s) => parameters.lookup(s.name)),
    ).map((g) => g!.dataSync().slice()),
  );
  const valueWith = (spec1: string, i: number, step: number) => {
    parameters.update(spec1, (v) => {
      v[i]! += step;
    });
    const value = tf.tidy(() => loss().dataSync()[0] as never) as number;
    parameters.update(spec1, (v) => {
      v[i]! -= step;
    });
    return value;
  };
  const checked = parameters.specs.map(({ name: own }, at) => {
    const i = found[at]!.indexOf(Math.max(...found[at]!));
    return { own, analytic: found[at]![i]!, numeric: (valueWith(own, i, 2e-3) - valueWith(own, i, -2e-3)) / 4e-3 };
  });
  parameters.dispose();
  return checked;
};

describe("fine-tuning", () => {
  it.each([
    ["sequential", image(16, 21)],
    ["residual", image(9, 12)],
    ["graph", image(10, 14)],
  ] as const)("has the slope of %s in every parameter, strided 1×1 and depthwise too", (name, spec) => {
    for (const { own, analytic, numeric } of slopes(name, spec))
      expect(Math.abs(analytic - numeric), `${own}: ${analytic}, ${numeric}`).toBeLessThan(
        0.05 * Math.abs(analytic) + 0.02,
      );
  });

  it("freezes all, none, all but the last layers, or slows all down", () => {
    const rates = (trainable: unknown) => {
      const { module, parameters } = build(image(16, 21), { path: pathOf("sequential"), trainable });
      parameters.dispose();
      return Object.fromEntries(module.parameters.map((p) => [p.name.slice("encoder/x/".length), p.rateFactor]));
    };
    expect(new Set(Object.values(rates(false)))).toEqual(new Set([0]));
    expect(new Set(Object.values(rates(true)))).toEqual(new Set([1]));
    expect(new Set(Object.values(rates(0.1)))).toEqual(new Set([0.1]));
    const learning = Object.entries(rates("last 2")).filter(([, rate]) => rate === 1);
    expect(learning.map(([name]) => name).sort()).toEqual([
      "answer/bias",
      "answer/kernel",
      "separable/bias",
      "separable/kernel",
    ]);
  });
});
