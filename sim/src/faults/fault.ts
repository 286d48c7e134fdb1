/** What may go wrong with a stream. */
export type FaultKind = "drop" | "late" | "duplicate" | "out_of_order" | "corrupt" | "stuck" | "silent" | "clock_jump";

/** One fault: what, on which stream, how much, and when in seconds since the start of the world. */
export interface Fault {
  readonly kind: FaultKind;
  /** Name of the stream in the contract, its topic, or * for all. */
  readonly stream: string;
  /** Probability for drop, duplicate, out_of_order and corrupt; seconds for late and clock_jump; unused for the rest. */
  readonly amount: number;
  readonly fromSec: number;
  readonly toSec: number;
}
