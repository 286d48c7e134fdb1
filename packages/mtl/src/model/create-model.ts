import type { Batch, BatchArray, Contract, FeatureSpec } from "@polypilot/core";
import { type CompiledTapeReport, compiledTape } from "../compiled/compiled-tape.js";
import { type AdamState, createAdam } from "../optimisers/adam.js";
import { createParameterSet, type OwnedParameter, type ParameterSet } from "../parameter-set.js";
import { contractWeighting } from "../weightings/find-weighting.js";
import type { Json } from "../weightings/weighting.js";
import type { Anchor } from "./anchor.js";
import { countParameters, type Evaluation, evaluate, type ParameterCount } from "./evaluate.js";
import { lossGradients } from "./loss-gradients.js";
import { buildNetwork, type Network } from "./network.js";
import { representation } from "./representation.js";
import { eagerTape, type Tape } from "./tape.js";
import { type TrainStepOptions, type TrainStepResult, trainStep } from "./train-step.js";

/** A model that learns and answers. It holds tensors until `dispose`; none crosses its border. */
export interface MultiTaskModel {
  readonly contract: Contract;
  /** Heads, in the contract's order. */
  readonly heads: readonly string[];
  /** Streams that it reads, with their shapes, units and ranges. */
  readonly inputs: Readonly<Record<string, FeatureSpec>>;
  readonly parameters: ParameterCount;
  /** Every parameter's name, shape and owner, in the network's order. */
  readonly layout: readonly OwnedParameter[];
  /** The first state of the contract's weighting. */
  initialWeighting(): Json;
  /**
   * For `TrainStepOptions.anchor` while a task is trained after others: holds what the architecture says lies below it.
   *
   * @param weights - the model's after the task before.
   * @returns null where the architecture holds nothing.
   */
  anchorBelow(task: string, weights: Readonly<Record<string, Float32Array>>): Anchor | null;
  trainStep(batch: Batch, options: TrainStepOptions): TrainStepResult;
  /** @param only - heads to answer; by default all. */
  evaluate(batch: Batch, only?: readonly string[]): Evaluation;
  /** The gradient of Σ loss over the heads of `tasks`, by default all, without dropout, loss scales, weighting or penalties. */
  lossGradients(batch: Batch, tasks?: readonly string[]): Record<string, Float32Array>;
  /** [n, vectorSize], row-major: the vector that a head reads. */
  representation(batch: Batch, head: string): BatchArray;
  getWeights(): Record<string, Float32Array>;
  /** Takes the weights of a model with the same contract and at least these heads. */
  setWeights(weights: Readonly<Record<string, Float32Array>>): void;
  getOptimiser(): AdamState;
  setOptimiser(state: AdamState): void;
  /** How the compiled steps are doing; null where steps are not compiled. */
  compiled(): CompiledTapeReport | null;
  dispose(): void;
  /** The function and its parameters, for export; used within this package. */
  readonly internals: {
    readonly network: Network;
    readonly parameters: ParameterSet;
    /** What runs passes that train nothing: compiled where the steps are, and apart from them. */
    readonly measuring: Tape;
  };
}

/** Graphs kept of passes that train nothing: each of the relations' two, for a few shapes of batches. */
const MOST_MEASURES = 8;

/** Successive regularisation: δ‖θ − θ′‖² over what lies below a task. */
function anchorBelow(
  { successive }: Network,
  task: string,
  weights: Readonly<Record<string, Float32Array>>,
): Anchor | null {
  const names = successive?.below(task) ?? [];
  if (!successive || names.length === 0) return null;
  return { weights: Object.fromEntries(names.map((name) => [name, weights[name]!])), strength: 2 * successive.delta };
}

/**
 * A model with fresh parameters, as a contract describes it.
 *
 * Call `loadBackend` first.
 *
 * @param options.seed - of the first parameters, of dropout and of the weighting; the same seed gives the same model whatever heads
 *   it has.
 * @param options.heads - heads to build; by default all of the contract.
 * @param options.compile - whether steps of training run as one TensorFlow graph each, where the native library computes and the
 *   step allows it; by default operation by operation.
 * @param options.onFallback - told once, with the operation or layer that is the cause, if a step cannot be compiled.
 * @throws PolypilotError `MTL_UNKNOWN`, `MTL_OPTION`, `MTL_ENCODER` or `MTL_HEAD` if the contract asks for what does not exist.
 */
export function createModel(
  contract: Contract,
  options: {
    readonly seed: number;
    readonly heads?: readonly string[];
    readonly compile?: boolean;
    readonly onFallback?: (reason: string) => void;
  },
): MultiTaskModel {
  const network = buildNetwork(contract, options.heads);
  const { weighting, options: weightingOptions, gradients } = contractWeighting(contract, network.sharesRepresentation);
  const parameters = createParameterSet(network.parameters, options.seed);
  const adam = createAdam(parameters);
  const { seed, compile = false, onFallback } = options;
  const tape = compile ? compiledTape({ parameters, onFallback }) : null;
  const measuring = compile ? compiledTape({ parameters, mostGraphs: MOST_MEASURES }) : eagerTape;
  const trainee = { network, parameters, adam, weighting, gradients, seed, ...(tape && { tape }) };
  const tasks = network.heads.map(({ name, module, contract: { role } }) => ({
    name,
    lossKind: module.lossKind,
    primary: role === "primary",
  }));
  return Object.freeze({
    contract,
    heads: tasks.map((task) => task.name),
    inputs: network.specs,
    parameters: countParameters(network),
    layout: network.parameters,
    anchorBelow: (task: string, weights: Readonly<Record<string, Float32Array>>) => anchorBelow(network, task, weights),
    initialWeighting: () => weighting.init(tasks, weightingOptions),
    trainStep: (batch: Batch, step: TrainStepOptions) => trainStep(trainee, batch, step),
    evaluate: (batch: Batch, only?: readonly string[]) => evaluate(network, parameters, batch, only),
    lossGradients: (batch: Batch, only?: readonly string[]) => lossGradients(network, parameters, batch, only),
    representation: (batch: Batch, head: string) => representation(network, parameters, batch, head),
    getWeights: () => parameters.read(),
    setWeights: (weights: Readonly<Record<string, Float32Array>>) => parameters.write(weights),
    getOptimiser: () => adam.read(),
    setOptimiser: (state: AdamState) => adam.write(state),
    dispose: () => {
      tape?.dispose();
      measuring.dispose();
      parameters.dispose();
    },
    compiled: () => tape?.report() ?? null,
    internals: { network, parameters, measuring },
  });
}
