import type { Contract } from "@polypilot/core";
import type { Weights } from "./weight-average.js";

/** Validation losses, or the errors that epochs are compared by, by head; null where validation has no label of a head. */
export type Losses = Readonly<Record<string, number | null>>;

/** The best epoch of each head so far, and the model at that epoch. */
export interface Snapshots {
  /** By head; a head without validation labels is absent. */
  readonly best: Readonly<Record<string, { readonly epoch: number; readonly loss: number }>>;
  /** The model's weights, by epoch: of every epoch that is some head's best or the deployed one. */
  readonly weights: ReadonlyMap<number, Weights>;
  /** The epoch whose model is deployed, and its primary loss. */
  readonly deployed: { readonly epoch: number; readonly loss: number };
}

export const noSnapshots: Snapshots = {
  best: {},
  weights: new Map(),
  deployed: { epoch: -1, loss: Number.POSITIVE_INFINITY },
};

/** Σ loss_scale · loss over the primary heads: what the deployed model is chosen by. No auxiliary head has a say. */
export function primaryLoss(contract: Contract, losses: Losses): number {
  return Object.entries(contract.heads)
    .filter(([, head]) => head.role === "primary")
    .reduce((sum, [name, head]) => sum + head.loss_scale * (losses[name] ?? Number.POSITIVE_INFINITY), 0);
}

/** The snapshots of a run that validates nothing: the last epoch alone. */
export function lastSnapshot(epoch: number, weights: Weights): Snapshots {
  return { best: {}, weights: new Map([[epoch, weights]]), deployed: { epoch, loss: Number.POSITIVE_INFINITY } };
}

/**
 * The snapshots after one more epoch.
 *
 * Tasks are best at different times: each head's best validation epoch is kept, rather than one compromise for all; what is
 * deployed is the snapshot at the primary heads' best. The first of equal epochs is kept.
 *
 * @param weights - called only if the epoch is some head's best.
 * @see Caruana 1997, Multitask Learning, section 3.6.
 */
export function takeSnapshots(
  before: Snapshots,
  contract: Contract,
  epoch: number,
  losses: Losses,
  weights: () => Weights,
): Snapshots {
  const better = Object.entries(losses).flatMap(([head, loss]) =>
    loss !== null && loss < (before.best[head]?.loss ?? Number.POSITIVE_INFINITY) ? [[head, { epoch, loss }]] : [],
  );
  const best: Snapshots["best"] = { ...before.best, ...Object.fromEntries(better) };
  const primary = primaryLoss(contract, losses);
  const deployed = primary < before.deployed.loss ? { epoch, loss: primary } : before.deployed;
  const needed = new Set([deployed.epoch, ...Object.values(best).map((b) => b.epoch)]);
  const kept = new Map([...before.weights].filter(([e]) => needed.has(e)));
  if (needed.has(epoch)) kept.set(epoch, weights());
  return { best, weights: kept, deployed };
}
