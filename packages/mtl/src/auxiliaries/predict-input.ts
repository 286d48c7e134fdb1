import type { Auxiliary } from "./auxiliary.js";

/**
 * What a sensor will say some samples from now.
 *
 * The future is known in every recording: the representation must hold how the world moves, at no cost in labels.
 */
export const predictInput: Auxiliary = {
  name: "predict_input",
  sentence: "What a sensor will say some samples ahead: needs no labels",
  paper: "Caruana 1997, Multitask Learning, section 4 (using the future to predict the present)",
  needs: "kind reconstruction and label: { stream: NAME, ahead: N } with N ≥ 1",
  check: (head) => {
    if (!("stream" in head.label))
      return { found: "a label from a topic", todo: "Write label: { stream: NAME, ahead: N }" };
    return head.label.ahead > 0
      ? null
      : { found: "ahead: 0", todo: "Write ahead: 1 or more, or choose the kind representation" };
  },
};
