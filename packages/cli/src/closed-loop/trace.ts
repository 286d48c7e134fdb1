/** One moment of a drive, for the report's plots. */
export interface Moment {
  readonly sec: number;
  readonly commandedRad: number;
  readonly limitedRad: number;
  readonly executedRad: number;
  readonly commandedMps: number;
  readonly limitedMps: number;
  readonly executedMps: number;
  readonly laneOffsetM: number;
  /** Who commanded: policy, person or safety. */
  readonly source: string;
}

/** The course of a drive in bounded memory. */
export interface Trace {
  add(moment: () => Moment): void;
  readonly moments: readonly Moment[];
}

/**
 * Keeps every n-th moment; n doubles whenever `most` are kept, so that a run of any length fits and none is favoured.
 *
 * @param most - even, at least 2.
 */
export function createTrace(most = 4000): Trace {
  let kept: Moment[] = [];
  let every = 1;
  let seen = 0;
  return {
    add(moment) {
      if (seen % every === 0) kept.push(moment());
      seen += 1;
      if (kept.length < most) return;
      kept = kept.filter((_, i) => i % 2 === 0);
      every *= 2;
    },
    get moments() {
      return kept;
    },
  };
}
