import type { MultiTaskModel } from "@polypilot/mtl";
import { noState, type Paradigm } from "./paradigm.js";
import { refuseOption } from "./refuse-option.js";

/**
 * Refuses heads that own nothing but themselves.
 *
 * @throws PolypilotError `TRAINING_PARADIGM`
 */
export function mustHaveAdapters(paradigm: string, model: MultiTaskModel, heads: readonly string[]): void {
  for (const head of heads) {
    const own = model.layout.some(
      ({ name, owner }) => owner !== "shared" && owner.head === head && !name.startsWith(`head/${head}/`),
    );
    if (own) continue;
    const wanted = `an architecture that gives ${head} parameters beside its head`;
    refuseOption(paradigm, wanted, "none", "Write sharing: { architecture: adapters }, or train the head alone");
  }
}

/**
 * Learns some heads by their own parameters alone: adapters, branches and the heads themselves; all that is shared, and all of the
 * others, keeps every bit, so that nothing can be forgotten.
 *
 * Which parameters are a head's own the architecture says: with `adapters`, its residual adapters.
 *
 * @param adapted - whether each head must have such parameters; a path of `pathnet` may be of frozen modules alone.
 * @throws PolypilotError `TRAINING_PARADIGM` for an unknown head, or one without.
 * @see Rebuffi et al. 2017, Learning multiple visual domains with residual adapters, arXiv:1705.08045.
 */
export function adaptersOnly(heads: readonly string[], adapted = true): Paradigm {
  return {
    name: adapted ? "adapters" : "pathnet",
    settings: [...heads],
    heads,
    begin: (model) => {
      const unknown = heads.filter((head) => !model.heads.includes(head));
      if (unknown.length > 0 || heads.length === 0)
        refuseOption("adapters", `heads among ${model.heads.join(", ")}`, unknown.join(", ") || "none");
      if (adapted) mustHaveAdapters("adapters", model, heads);
      return noState;
    },
    plan: (_state, { model }) => {
      const others = model.layout.filter(({ owner }) => owner === "shared" || !heads.includes(owner.head));
      return { rates: Object.fromEntries(others.map(({ name }) => [name, 0])), tasks: heads };
    },
  };
}
