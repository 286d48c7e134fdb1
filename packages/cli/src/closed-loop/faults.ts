import { PolypilotError } from "@polypilot/core";
import { type Fault, parseFaults } from "@polypilot/sim";
import { InvalidArgumentError } from "commander";

/** Faults from the command line, by the simulator's own notation: `camera:silent@5-7,lidar:drop=0.3`. */
export function faults(text: string): readonly Fault[] {
  try {
    return parseFaults(text);
  } catch (error) {
    if (error instanceof PolypilotError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
