import type { FeatureData, StreamContract } from "@polypilot/core";
import type { RefusalReason } from "./feature-result.js";

/** What a thread is started with. */
export interface DecodeThreadData {
  readonly streams: Readonly<Record<string, StreamContract>>;
}

/** One message to decode. */
export interface DecodeJob {
  readonly id: number;
  readonly stream: string;
  /** The message's fields but for its header and `data`. */
  readonly rest: object;
  /** Its `data`: the first `length` bytes of shared memory, which does not change until the answer. */
  readonly bytes: SharedArrayBuffer;
  readonly length: number;
}

/** What became of it: the feature's numbers, or why there are none. */
export interface DecodeAnswer {
  readonly id: number;
  readonly data?: FeatureData;
  readonly reason?: RefusalReason;
  /** Why the thread decodes JPEGs the slow way, if it does. */
  readonly fallback?: string;
}
