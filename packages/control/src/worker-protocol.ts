import type { FeatureData, HeadPrediction, Predictor } from "@polypilot/core";
import type { PredictorOptions } from "@polypilot/mtl/serving";

/** What a worker is started with. */
export interface WorkerStart {
  /** Module that exports `loadPredictor(checkpoint, options)`. */
  readonly loader: string;
  readonly checkpoint: string;
  readonly options: PredictorOptions;
}

/** A model as it describes itself. */
export type ModelDescription = Pick<Predictor, "inputs" | "heads" | "runtime">;

/** One inference. */
export interface Question {
  readonly id: number;
  readonly features: Readonly<Record<string, FeatureData>>;
}

/** What a worker says: first `ready` or `refused`, then one `answer` or `failed` for each question. */
export type WorkerMessage =
  | ({ readonly kind: "ready" } & ModelDescription)
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "answer"; readonly id: number; readonly heads: Readonly<Record<string, HeadPrediction>> }
  | { readonly kind: "failed"; readonly id: number; readonly error: string };
