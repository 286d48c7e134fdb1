import { checkpointText } from "./checkpoint.js";
import { contractText } from "./contract-text.js";
import type { Inspection } from "./inspect.js";
import { recordingText } from "./recording-text.js";

/** What was found, for people. */
export function toText(inspection: Inspection): string {
  switch (inspection.kind) {
    case "recording":
      return recordingText(inspection.recording);
    case "checkpoint":
      return checkpointText(inspection.path, inspection.checkpoint);
    case "contract":
      return contractText(inspection.contract);
  }
}
