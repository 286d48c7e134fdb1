import type { HeadContract } from "@polypilot/core";
import type { Method } from "../family.js";

/** A kind of auxiliary task: why an extra head helps, and what its label must be. */
export interface Auxiliary extends Method {
  /** What a head of this kind needs, in words. */
  readonly needs: string;
  /** What is wrong with a head of this kind: found, and what to do; null if nothing. */
  readonly check: (head: HeadContract) => { readonly found: string; readonly todo: string } | null;
}
