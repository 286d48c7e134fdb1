/** MCAP's opcodes; @mcap/core's table would bring that whole library into the writing thread. */
export const opcodes = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  messageIndex: 0x07,
  chunkIndex: 0x08,
  attachmentIndex: 0x0a,
  statistics: 0x0b,
  metadataIndex: 0x0d,
  summaryOffset: 0x0e,
  dataEnd: 0x0f,
} as const;

/** What a file begins and ends with. */
export const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);

/** Bytes before a record's content: opcode and length. */
export const RECORD_HEADER = 9;

/** A message record's bytes before its data. */
export const MESSAGE_HEADER = RECORD_HEADER + 2 + 4 + 8 + 8;

/** Lays a record's fields down one behind the other, little endian. */
export interface Fields {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  u64(value: bigint | number): void;
  text(value: string): void;
}

let scratch = Buffer.allocUnsafe(4096);
let end = 0;

function reserve(bytes: number): number {
  if (end + bytes > scratch.length) {
    const larger = Buffer.allocUnsafe(2 * (end + bytes));
    scratch.copy(larger, 0, 0, end);
    scratch = larger;
  }
  end += bytes;
  return end - bytes;
}

const fields: Fields = {
  u8: (value) => void scratch.writeUInt8(value, reserve(1)),
  u16: (value) => void scratch.writeUInt16LE(value, reserve(2)),
  u32: (value) => void scratch.writeUInt32LE(value, reserve(4)),
  u64: (value) => void scratch.writeBigUInt64LE(BigInt(value), reserve(8)),
  text: (value) => {
    const bytes = Buffer.byteLength(value);
    fields.u32(bytes);
    scratch.write(value, reserve(bytes));
  },
};

/** One MCAP record; `more` bytes of its content follow elsewhere. */
export function recordBytes(opcode: number, write: (fields: Fields) => void, more = 0): Uint8Array {
  end = 0;
  fields.u8(opcode);
  fields.u64(0);
  write(fields);
  scratch.writeBigUInt64LE(BigInt(end - RECORD_HEADER + more), 1);
  return Uint8Array.prototype.slice.call(scratch, 0, end);
}
