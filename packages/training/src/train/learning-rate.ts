/** How the learning rate goes over a run. */
export interface LearningRateSchedule {
  /** Highest rate. */
  readonly peak: number;
  /** Steps of linear rise from 0 to the peak. */
  readonly warmUpSteps: number;
  readonly totalSteps: number;
  /** Share of the peak at the last step. */
  readonly floor: number;
}

/**
 * The learning rate at a step: up in a straight line, then down along half a cosine.
 *
 * peak · (s + 1) / w for s < w, then peak · (f + (1 − f) · ½(1 + cos π·(s − w) / (n − 1 − w))).
 *
 * @param step - steps done before.
 * @see Loshchilov and Hutter 2017, SGDR, arXiv:1608.03983, equation 5 without restarts.
 */
export function learningRateAt(step: number, { peak, warmUpSteps, totalSteps, floor }: LearningRateSchedule): number {
  if (step < warmUpSteps) return (peak * (step + 1)) / warmUpSteps;
  const share = Math.min(1, (step - warmUpSteps) / Math.max(1, totalSteps - 1 - warmUpSteps));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share)));
}
