import { type Nanoseconds, PolypilotError } from "@polypilot/core";
import type { StreamSample } from "./stream-sample.js";

/** How one stream finds its sample for the reference stream's stamp. */
export interface Alignment {
  readonly policy: "exact" | "approximate" | "latest" | "interpolate";
  /** Largest distance to the reference's stamp. Not used by `exact`. */
  readonly toleranceNs: Nanoseconds;
  /**
   * Most samples that wait or are kept; by default `queueSize` of the synchroniser. The `exact` streams and the `approximate`
   * streams each share one size with the reference: the largest of theirs.
   */
  readonly queueSize?: number;
}

export interface SynchroniseOptions<T> {
  /** The stream whose samples make the sets. */
  readonly reference: string;
  /** Every other stream; an entry for the reference itself has no effect. */
  readonly streams: Readonly<Record<string, Alignment>>;
  /** Most samples of each stream that wait or are kept; 10 by default. */
  readonly queueSize?: number;
  /** How much better a later approximate set must be; 0.1 by default. */
  readonly agePenalty?: number;
  /** Shortest time between two samples of a stream: approximate sets are then found earlier. */
  readonly interMessageLowerBoundNs?: Readonly<Record<string, Nanoseconds>>;
  /** A stamp that lies further back than this makes a new beginning instead of a sample out of order; 1 s by default. */
  readonly clockJumpNs?: Nanoseconds;
  /** The value between two others, at `fraction` (0…1) of the way from a to b. Needed by the policy `interpolate`. */
  readonly interpolate?: (a: T, b: T, fraction: number) => T;
  /** Told of every sample that goes into no set; reasons as `Synchroniser` lists them. */
  readonly onDrop?: (stream: string, reason: string, sample: StreamSample<T>) => void;
  /** Told of every new beginning, with how far back the stream's stamps jumped. */
  readonly onClockJump?: (stream: string, backNs: Nanoseconds) => void;
}

const DEFAULT_QUEUE_SIZE = 10;

/** The streams of some policies, without the reference. */
export function alignedBy<T>(
  options: SynchroniseOptions<T>,
  ...policies: readonly Alignment["policy"][]
): [string, Alignment][] {
  return Object.entries(options.streams).filter(
    ([stream, { policy }]) => stream !== options.reference && policies.includes(policy),
  );
}

/** How many samples of a stream may wait or are kept. */
export function queueSizeOf<T>(options: SynchroniseOptions<T>, alignment: Alignment): number {
  return alignment.queueSize ?? options.queueSize ?? DEFAULT_QUEUE_SIZE;
}

/** @throws PolypilotError `STREAMS_OPTIONS` if the options exclude each other. */
export function checkOptions<T>(options: SynchroniseOptions<T>): void {
  const refuse = (expected: string, found: string, todo: string): never => {
    throw new PolypilotError("STREAMS_OPTIONS", ["streams", "synchronise"], { expected, found, todo });
  };
  const sizes = [
    options.queueSize ?? DEFAULT_QUEUE_SIZE,
    ...Object.values(options.streams).map((a) => queueSizeOf(options, a)),
  ];
  const wrongSize = sizes.find((size) => !Number.isInteger(size) || size < 1);
  if (wrongSize !== undefined) refuse("queueSize is a whole number of at least 1", String(wrongSize), "Correct it");
  if (!((options.agePenalty ?? 0.1) >= 0)) refuse("agePenalty is at least 0", String(options.agePenalty), "Correct it");
  for (const [stream, { policy, toleranceNs }] of Object.entries(options.streams)) {
    if (toleranceNs < 0n) refuse(`the tolerance of ${stream} is at least 0`, `${toleranceNs} ns`, "Correct it");
    if (policy === "interpolate" && stream !== options.reference && !options.interpolate) {
      refuse(`interpolate is given, since ${stream} needs it`, "nothing", "Give it or choose the policy latest");
    }
  }
}
