import type { Contract, MessageType } from "@polypilot/core";

/**
 * The topics from which a contract's heads take their labels.
 *
 * @param options.images - false leaves out masks and depth, which cost most of a recording's bytes and of the simulator's time.
 */
export function labelTopics(
  contract: Contract,
  options: { readonly images: boolean },
): readonly { readonly topic: string; readonly type: MessageType }[] {
  const topics = new Map<string, MessageType>();
  for (const { label } of Object.values(contract.heads)) {
    if ("topic" in label && (options.images || !label.type.endsWith("Image"))) {
      topics.set(label.topic, label.type as MessageType);
    }
  }
  return [...topics].map(([topic, type]) => ({ topic, type }));
}
