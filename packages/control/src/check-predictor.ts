import { type Contract, PolypilotError, type Predictor } from "@polypilot/core";
import { featureSpec } from "@polypilot/sensors";

/**
 * Refuses a model that was made for another robot: its inputs must be streams of the contract with the same shapes, and it must
 * answer the head that steers.
 *
 * @throws PolypilotError `CONTROL_PREDICTOR`
 */
export function checkPredictor(contract: Contract, predictor: Predictor): void {
  for (const [name, shape] of Object.entries(predictor.inputs)) {
    const feature = contract.streams[name]?.feature;
    const found = feature ? `[${featureSpec(feature).shape.join(", ")}]` : "no such feature in the contract";
    if (found === `[${shape.join(", ")}]`) continue;
    refuse(`the model's input ${name} has the shape [${shape.join(", ")}] in the robot's contract too`, found);
  }
  if (Object.keys(predictor.inputs).length === 0) refuse("the model reads at least one stream", "none");
  const { head } = contract.command.steering;
  if (!predictor.heads.includes(head)) {
    refuse(`the model answers the head ${head}, which steers`, predictor.heads.join(", ") || "no head");
  }
}

function refuse(expected: string, found: string): never {
  throw new PolypilotError("CONTROL_PREDICTOR", ["control", "predictor"], {
    expected,
    found,
    todo: "Use a checkpoint that was trained with this robot's contract",
  });
}
