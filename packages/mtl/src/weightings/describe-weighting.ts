import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { gramian } from "../linear-algebra/gramian.js";
import { linearTrial } from "./linear-trial.js";
import type { Json, Weighting, WeightingTask } from "./weighting.js";

const tasks: readonly WeightingTask[] = [
  { name: "steering", lossKind: "likelihood" },
  { name: "offset", lossKind: "regression" },
  { name: "sign", lossKind: "classification" },
];

/** What a weighting decided in one step, whatever it needs. */
export interface Decision {
  readonly numbers: readonly number[];
  readonly state: Json;
}

function frozen(state: Json): Json {
  if (state !== null && typeof state === "object") {
    Object.freeze(state);
    for (const inner of Object.values(state)) frozen(inner as Json);
  }
  return state;
}

const throughJson = (state: Json) => JSON.parse(JSON.stringify(state)) as Json;

/** Gradients of three tasks in five shared parameters, drawn anew in each step; a task without label has none. */
function gradients(step: number, missing: readonly number[]): Float32Array[] {
  const source = random(11).fork(step);
  return tasks.map((_, t) => Float32Array.from({ length: 5 }, () => (missing.includes(t) ? 0 : source.normal())));
}

/** Losses of one step; null for tasks without label. */
function lossesOf(step: number, missing: readonly number[]): (number | null)[] {
  const source = random(7).fork(step);
  return tasks.map((_, t) => (missing.includes(t) ? null : 0.1 + source.uniform()));
}

/** One step with made-up losses and gradients. */
export function decide(
  weighting: Weighting,
  given: Json,
  step: number,
  missing: readonly number[] = [],
  losses = lossesOf(step, missing),
): Decision {
  const inputs = { losses, learningRate: 0.01, random: random(3).fork(step), step, epoch: Math.floor(step / 4) };
  const jacobian = gradients(step, missing);
  const trial = linearTrial(losses, jacobian, gradients(step + 2000, missing), 0.01);
  const state = weighting.before?.(given, trial) ?? given;
  if (weighting.needs === "jacobian") {
    const { direction, state: next } = weighting.step(state, { ...inputs, jacobian });
    return { numbers: Array.from(direction), state: next };
  }
  if (weighting.needs === "gramian") {
    const cross = { crossGramian: gramian(jacobian, gradients(step + 1000, missing)) };
    const { weights, state: next } = weighting.step(state, { ...inputs, gramian: gramian(jacobian), ...cross });
    return { numbers: weights, state: next };
  }
  const { weights, state: next } = weighting.step(state, inputs);
  return { numbers: weights, state: weighting.after ? weighting.after(next, losses) : next };
}

/** Steps in a row; `between` stands between the state that came out and the one that goes in. */
function run(weighting: Weighting, steps: number, between: (state: Json) => Json): Decision[] {
  const decisions: Decision[] = [];
  for (let step = 0; step < steps; step += 1) {
    const state = between(decisions.at(-1)?.state ?? weighting.init(tasks, {}));
    decisions.push(decide(weighting, state, step));
  }
  return decisions;
}

const size = (weighting: Weighting) => (weighting.needs === "jacobian" ? 5 : tasks.length);

/** What every weighting must do, whatever its method. */
export function describeWeighting(weighting: Weighting): void {
  describe(`the contract of a weighting: ${weighting.name}`, () => {
    it("decides finite numbers, one a task or one a parameter", () => {
      for (const { numbers } of run(weighting, 12, (state) => state)) {
        expect(numbers).toHaveLength(size(weighting));
        expect(numbers.every(Number.isFinite)).toBe(true);
      }
    });

    it("goes on alike after its state went through JSON", () => {
      const straight = run(weighting, 12, (state) => state);
      expect(run(weighting, 12, throughJson)).toEqual(straight.map((d) => ({ ...d, state: throughJson(d.state) })));
    });

    it("leaves the state that it is given as it was", () => {
      expect(() => run(weighting, 4, frozen)).not.toThrow();
    });

    it("decides the same from the same state, inputs and random numbers", () => {
      const state = run(weighting, 5, (s) => s).at(-1)!.state;
      expect(decide(weighting, state, 5)).toEqual(decide(weighting, state, 5));
    });

    it("reads this step's losses for its decision if, and only if, it says so", () => {
      const states = [null, ...run(weighting, 5, (s) => s)].map((before) => before?.state ?? weighting.init(tasks, {}));
      const decisions = states.map((state, step) => {
        const losses = lossesOf(step, []);
        const others = losses.map((loss, t) => loss! * (1.5 + t));
        return [losses, others].map((given) => decide(weighting, state, step, [], given));
      });
      const now = decisions.some(([a, b]) => a!.numbers.join() !== b!.numbers.join());
      expect(now).toBe(weighting.readsLosses === "now");
    });

    it.each([[[0]], [[1, 2]], [[0, 1, 2]]])("decides finite numbers where tasks %j have no label", (missing) => {
      let state = weighting.init(tasks, {});
      for (let step = 0; step < 6; step += 1) {
        const decision = decide(weighting, state, step, step % 2 === 0 ? missing : []);
        expect(decision.numbers.every(Number.isFinite)).toBe(true);
        state = decision.state;
      }
    });

    it("refuses an option that it does not have", () => {
      expect(() => weighting.init(tasks, { no_such_option: 1 })).toThrow(/no_such_option/);
    });
  });
}
