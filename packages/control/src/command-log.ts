import { createHash } from "node:crypto";
import { type Command, encodeMessage } from "@polypilot/core";

/** A running fingerprint of the commands of a run. */
export interface CommandLog {
  add(command: Command): void;
  readonly count: number;
  /** SHA-256 in hex over the CDR bytes of every command so far, in order. */
  sha256(): string;
}

/** An empty command log: two runs have the same fingerprint only if every command was the same to the byte. */
export function commandLog(): CommandLog {
  const hash = createHash("sha256");
  let count = 0;
  return {
    add(command) {
      hash.update(encodeMessage("polypilot_msgs/msg/Command", command));
      count += 1;
    },
    get count() {
      return count;
    },
    sha256: () => hash.copy().digest("hex"),
  };
}
