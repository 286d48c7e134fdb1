import type { Json } from "@polypilot/mtl";
import { paradigms } from "../paradigms/paradigm-table.js";
import type { TrainOptions } from "./train-options.js";

/** How a run learned: for its card, its report and whoever reads them. */
export interface Learning {
  /** As `paradigms` names it; `joint`, or `fine-tuning` where a trained model learns on with nothing else changed. */
  readonly way: string;
  /** The same in a sentence. */
  readonly sentence: string;
  /** What its weights started from: a checkpoint's folder, as far as it was told. */
  readonly from?: string;
  /** Options of the way. */
  readonly options?: Json;
  /** Heads that were trained, where not all. */
  readonly heads?: readonly string[];
  /** Samples of each earlier task that it looked back at. */
  readonly earlierSamples?: readonly number[];
}

const plain = {
  joint: "All heads learn together from all samples, with all parameters, from fresh weights",
  "fine-tuning": "A trained model learns on, from all samples and with all parameters",
} as const;

/** How a run with these options learns. */
export function learningOf({ from, fromName, paradigm, earlier = [] }: TrainOptions): Learning {
  const way = paradigm?.name ?? (from ? "fine-tuning" : "joint");
  const known = paradigms.find(({ name }) => name === way)?.sentence;
  return {
    way,
    sentence: known ?? (way in plain ? plain[way as keyof typeof plain] : "Learns step by step as its own plan says"),
    ...(from && { from: fromName ?? "weights that were given" }),
    ...(paradigm && paradigm.settings !== null && { options: paradigm.settings }),
    ...(paradigm?.heads && { heads: paradigm.heads }),
    ...(earlier.length > 0 && { earlierSamples: earlier.map(({ indices }) => indices.length) }),
  };
}
