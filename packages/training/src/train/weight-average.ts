/** Weights by parameter name. */
export type Weights = Readonly<Record<string, Float32Array>>;

/**
 * The running average of a model's weights after one more step.
 *
 * a ← d·a + (1 − d)·w with d = min(decay, (1 + t) / (10 + t)), so that the first steps do not linger. The average lies in the
 * middle of the path that single steps wander about, and generalises better from few data.
 *
 * @param average - changed in place; undefined before the first step.
 * @param step - steps done before this one.
 * @see Polyak and Juditsky 1992; Tarvainen and Valpola 2017, arXiv:1703.01780, section 3.
 */
export function averageWeights(
  average: Record<string, Float32Array> | undefined,
  weights: Weights,
  decay: number,
  step: number,
): Record<string, Float32Array> {
  if (!average) return Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, w.slice()]));
  const keep = Math.min(decay, (1 + step) / (10 + step));
  for (const [name, w] of Object.entries(weights)) {
    const a = average[name]!;
    for (let i = 0; i < w.length; i += 1) a[i] = keep * a[i]! + (1 - keep) * w[i]!;
  }
  return average;
}
