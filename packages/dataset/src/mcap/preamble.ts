import { McapRecordBuilder } from "@mcap/core";
import type { Nanoseconds } from "@polypilot/core";
import type { RecorderOptions } from "./recorder.js";
import type { Summary } from "./summary.js";

/** The bytes of what `write` writes. */
export function record(write: (builder: McapRecordBuilder) => void): Uint8Array {
  const builder = new McapRecordBuilder();
  write(builder);
  return builder.buffer;
}

/** Magic, header, the contract and the file's metadata; tells the summary of them. */
export function preamble(options: RecorderOptions, nowNs: Nanoseconds, facts: Summary): Uint8Array[] {
  const start = record((b) => {
    b.writeMagic();
    b.writeHeader({ profile: "ros2", library: "polypilot 0.1.0" });
  });
  const attachment = {
    name: "robot.yaml",
    mediaType: "application/yaml",
    logTime: nowNs,
    createTime: nowNs,
    data: new TextEncoder().encode(options.contractText),
  };
  const contract = record((b) => b.writeAttachment(attachment));
  const { data, ...known } = attachment;
  facts.addAttachment({
    ...known,
    offset: BigInt(start.length),
    length: BigInt(contract.length),
    dataSize: BigInt(data.length),
  });
  const entries = { contract: options.contractName, ...options.metadata };
  const metadata = record((b) => b.writeMetadata({ name: "polypilot", metadata: new Map(Object.entries(entries)) }));
  facts.addMetadata({
    name: "polypilot",
    offset: BigInt(start.length + contract.length),
    length: BigInt(metadata.length),
  });
  return [start, contract, metadata];
}
