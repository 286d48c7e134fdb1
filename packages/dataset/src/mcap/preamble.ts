import { McapRecordBuilder } from "@mcap/core";
import type { Nanoseconds } from "@polypilot/core";
import type { RecorderOptions } from "./recorder.js";

/** What a recording begins with, and the summary's records about it. */
export interface Preamble {
  readonly data: Uint8Array;
  readonly attachmentIndex: Uint8Array;
  readonly metadataIndex: Uint8Array;
}

/** The bytes of what `write` writes. */
export function record(write: (builder: McapRecordBuilder) => void): Uint8Array {
  const builder = new McapRecordBuilder();
  write(builder);
  return builder.buffer;
}

/** Magic, header, the contract and the file's metadata. */
export function preamble(options: RecorderOptions, nowNs: Nanoseconds): Preamble {
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
  const entries = { contract: options.contractName, ...options.metadata };
  const metadata = record((b) => b.writeMetadata({ name: "polypilot", metadata: new Map(Object.entries(entries)) }));
  const { data, ...known } = attachment;
  const attachmentIndex = record((b) =>
    b.writeAttachmentIndex({
      ...{ ...known, dataSize: BigInt(data.length) },
      ...{ offset: BigInt(start.length), length: BigInt(contract.length) },
    }),
  );
  const offset = BigInt(start.length + contract.length);
  const metadataIndex = record((b) =>
    b.writeMetadataIndex({ name: "polypilot", offset, length: BigInt(metadata.length) }),
  );
  return { data: Buffer.concat([start, contract, metadata]), attachmentIndex, metadataIndex };
}
