import { PolypilotError } from "@polypilot/core";

/** An error about what the person typed; the command ends with exit code 2. */
export function badInput(unit: string, text: { expected: string; found: string; todo: string }): PolypilotError {
  return new PolypilotError("CLI_INPUT", ["cli", unit], text);
}
