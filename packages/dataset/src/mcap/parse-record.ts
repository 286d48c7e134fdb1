import type { McapTypes } from "@mcap/core";

/** Raised inside this folder when bytes are not what their record says; never leaves it. */
export class Malformed extends Error {}

const text = new TextDecoder();

/** Reads MCAP's primitives, little endian, from one record's content. */
function cursor(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number) => {
    if (length > bytes.length - at) throw new Malformed(`${length} bytes wanted, ${bytes.length - at} left`);
    at += length;
    return at - length;
  };
  const u32 = () => view.getUint32(take(4), true);
  const u64 = () => view.getBigUint64(take(8), true);
  const raw = (length: number) => {
    const start = take(length);
    return bytes.subarray(start, start + length);
  };
  const string = () => text.decode(raw(u32()));
  return {
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2), true),
    u32,
    u64,
    bytes: raw,
    rest: () => raw(bytes.length - at),
    string,
    strings() {
      const end = u32() + at;
      const entries = new Map<string, string>();
      while (at < end) entries.set(string(), string());
      return entries;
    },
  };
}

export function parseHeader(content: Uint8Array): McapTypes.Header {
  const c = cursor(content);
  return { profile: c.string(), library: c.string() };
}

export function parseSchema(content: Uint8Array): McapTypes.Schema {
  const c = cursor(content);
  const [id, name, encoding] = [c.u16(), c.string(), c.string()];
  return { id, name, encoding, data: c.bytes(c.u32()) };
}

export function parseChannel(content: Uint8Array): McapTypes.Channel {
  const c = cursor(content);
  return {
    id: c.u16(),
    schemaId: c.u16(),
    topic: c.string(),
    messageEncoding: c.string(),
    metadata: c.strings(),
  };
}

export function parseMessage(content: Uint8Array): McapTypes.Message {
  const c = cursor(content);
  return { channelId: c.u16(), sequence: c.u32(), logTime: c.u64(), publishTime: c.u64(), data: c.rest() };
}

export function parseChunk(content: Uint8Array): McapTypes.Chunk {
  const c = cursor(content);
  return {
    messageStartTime: c.u64(),
    messageEndTime: c.u64(),
    uncompressedSize: c.u64(),
    uncompressedCrc: c.u32(),
    compression: c.string(),
    records: c.bytes(Number(c.u64())),
  };
}

export function parseAttachment(content: Uint8Array): McapTypes.Attachment {
  const c = cursor(content);
  const [logTime, createTime, name, mediaType] = [c.u64(), c.u64(), c.string(), c.string()];
  return { logTime, createTime, name, mediaType, data: c.bytes(Number(c.u64())) };
}

export function parseMetadata(content: Uint8Array): McapTypes.Metadata {
  const c = cursor(content);
  return { name: c.string(), metadata: c.strings() };
}
