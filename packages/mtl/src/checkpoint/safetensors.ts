import { PolypilotError, sizeOf } from "@polypilot/core";

/** A named array with its shape. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const LENGTH_BYTES = 8;

/**
 * The bytes of a safetensors file: arrays of 32-bit floats by name, in the given order.
 *
 * 8 bytes with the header's length, little-endian; the header in JSON, padded with spaces to a multiple of 8; then the numbers.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(arrays: Readonly<Record<string, NamedArray>>): Uint8Array {
  let offset = 0;
  const header: Record<string, Entry> = {};
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + offset);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerLength);
  bytes.set(text, LENGTH_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  let position = LENGTH_BYTES + headerLength;
  for (const { values } of Object.values(arrays)) {
    for (const value of values) {
      view.setFloat32(position, value, true);
      position += 4;
    }
  }
  return bytes;
}

function refuse(fileName: string, expected: string, found: string): never {
  throw new PolypilotError("MTL_SAFETENSORS", ["mtl", `safetensors ${fileName}`], {
    expected,
    found,
    todo: "Copy the file again or train anew",
  });
}

function readHeader(view: DataView, fileName: string): { entries: [string, Entry][]; start: number } {
  if (view.byteLength < LENGTH_BYTES) refuse(fileName, "a file of at least 8 bytes", `${view.byteLength}`);
  const length = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + length;
  if (start > view.byteLength) refuse(fileName, `a header of ${length} bytes`, `a file of ${view.byteLength}`);
  const text = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + LENGTH_BYTES, length));
  try {
    const header = JSON.parse(text) as Record<string, Entry>;
    return { entries: Object.entries(header).filter(([name]) => name !== "__metadata__"), start };
  } catch {
    return refuse(fileName, "a header in JSON", JSON.stringify(text.slice(0, 40)));
  }
}

/**
 * The arrays of a safetensors file.
 *
 * @throws PolypilotError `MTL_SAFETENSORS` if the file is cut short, is not of this format or holds other numbers than 32-bit floats.
 */
export function decodeSafetensors(bytes: Uint8Array, fileName: string): Record<string, NamedArray> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { entries, start } = readHeader(view, fileName);
  const arrays = entries.map(([name, { dtype, shape, data_offsets }]): [string, NamedArray] => {
    if (dtype !== "F32") refuse(fileName, `${name} holds 32-bit floats (F32)`, dtype);
    const [begin, end] = data_offsets;
    const size = sizeOf(shape);
    if (end - begin !== 4 * size) refuse(fileName, `${4 * size} bytes for ${name}`, `${end - begin}`);
    if (begin < 0 || start + end > bytes.byteLength)
      refuse(fileName, `${start + end} bytes or more`, `${bytes.byteLength}`);
    const values = Float32Array.from({ length: size }, (_, i) => view.getFloat32(start + begin + 4 * i, true));
    return [name, { shape, values }];
  });
  return Object.fromEntries(arrays);
}
