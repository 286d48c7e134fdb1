/** Where an encoder writes; alignment counts from `origin`. */
export interface CdrCursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly origin: number;
  at: number;
}

/** How values of one kind are laid down in CDR. */
export interface CdrKind {
  /** The offset behind the value, if it begins at `at`; both count from the origin of alignment. */
  end(value: unknown, at: number): number;
  put(value: unknown, cursor: CdrCursor): void;
}

/** A kind of number: as a single value, and as the elements of an array. */
export interface CdrNumber extends CdrKind {
  readonly bytes: number;
  putAll(values: ArrayLike<unknown>, cursor: CdrCursor): void;
}

type NumbersOf = { readonly BYTES_PER_ELEMENT: number } & (new (values: never) => ArrayBufferView & ArrayLike<unknown>);
type Put<V> = (view: DataView, at: number, value: V) => void;

const padded = (at: number, bytes: number): number => Math.ceil(at / bytes) * bytes;
const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Steps to the next multiple of `bytes`; what is stepped over becomes zero, since the memory may have been used before. */
function align(cursor: CdrCursor, bytes: number): number {
  const at = cursor.origin + padded(cursor.at - cursor.origin, bytes);
  while (cursor.at < at) cursor.bytes[cursor.at++] = 0;
  return at;
}

/** Whether the elements lie in memory as CDR wants them: such are copied whole. */
const laidOutAs = (Numbers: NumbersOf, values: ArrayBufferView & { readonly BYTES_PER_ELEMENT?: number }) =>
  Numbers.BYTES_PER_ELEMENT === 1 ? values.BYTES_PER_ELEMENT === 1 : hostIsLittle && values instanceof Numbers;

function numbers<V>(bytes: number, Numbers: NumbersOf, of: (value: unknown) => V | undefined, zero: V, put: Put<V>) {
  return (fallback?: unknown): CdrNumber => {
    const otherwise = of(fallback) ?? zero;
    const one = (value: unknown, cursor: CdrCursor) => {
      put(cursor.view, align(cursor, bytes), of(value) ?? otherwise);
      cursor.at += bytes;
    };
    return {
      bytes,
      end: (_, at) => padded(at, bytes) + bytes,
      put: one,
      putAll(values, cursor) {
        if (!ArrayBuffer.isView(values) || !laidOutAs(Numbers, values)) {
          for (let i = 0; i < values.length; i += 1) one(values[i], cursor);
        } else if (values.byteLength > 0) {
          const at = align(cursor, bytes);
          cursor.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
          cursor.at = at + values.byteLength;
        }
      },
    };
  };
}

const number = (value: unknown) => (typeof value === "number" ? value : undefined);
const bit = (value: unknown) => (typeof value === "boolean" ? Number(value) : number(value));
const integer = (value: unknown) => {
  if (typeof value === "bigint") return value;
  return typeof value === "number" ? BigInt(value) : undefined;
};

/** ROS 2's numbers by name; each takes the schema's default value, if it gives one. */
export const cdrNumbers: Readonly<Record<string, (fallback?: unknown) => CdrNumber>> = {
  bool: numbers(1, Uint8Array, bit, 0, (view, at, value) => view.setInt8(at, value)),
  int8: numbers(1, Int8Array, number, 0, (view, at, value) => view.setInt8(at, value)),
  uint8: numbers(1, Uint8Array, number, 0, (view, at, value) => view.setUint8(at, value)),
  int16: numbers(2, Int16Array, number, 0, (view, at, value) => view.setInt16(at, value, true)),
  uint16: numbers(2, Uint16Array, number, 0, (view, at, value) => view.setUint16(at, value, true)),
  int32: numbers(4, Int32Array, number, 0, (view, at, value) => view.setInt32(at, value, true)),
  uint32: numbers(4, Uint32Array, number, 0, (view, at, value) => view.setUint32(at, value, true)),
  int64: numbers(8, BigInt64Array, integer, 0n, (view, at, value) => view.setBigInt64(at, value, true)),
  uint64: numbers(8, BigUint64Array, integer, 0n, (view, at, value) => view.setBigUint64(at, value, true)),
  float32: numbers(4, Float32Array, number, 0, (view, at, value) => view.setFloat32(at, value, true)),
  float64: numbers(8, Float64Array, number, 0, (view, at, value) => view.setFloat64(at, value, true)),
};

const length = cdrNumbers.uint32!();

/** The number of elements before a sequence. */
export const cdrLength: CdrKind = length;

const utf8 = new TextEncoder();

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i += 1; // a pair has four bytes
  }
  return bytes;
}

/** Text in UTF-8 with its length in bytes before it and a zero behind it, both counted. */
export function cdrText(fallback?: unknown): CdrKind {
  const of = (value: unknown) => {
    if (typeof value === "string") return value;
    return typeof fallback === "string" ? fallback : "";
  };
  return {
    end: (value, at) => padded(at, 4) + 4 + utf8Length(of(value)) + 1,
    put(value, cursor) {
      const text = of(value);
      const bytes = utf8Length(text);
      length.put(bytes + 1, cursor);
      if (bytes === text.length && bytes < 64) {
        for (let i = 0; i < bytes; i += 1) cursor.bytes[cursor.at + i] = text.charCodeAt(i);
      } else utf8.encodeInto(text, cursor.bytes.subarray(cursor.at, cursor.at + bytes));
      cursor.at += bytes;
      cursor.bytes[cursor.at++] = 0;
    },
  };
}

/** `{ sec, nanosec }`, or `nsec`. */
export const cdrTime: CdrKind = {
  end: (_, at) => padded(at, 4) + 8,
  put(value, cursor) {
    const { sec, nsec, nanosec } = (value ?? {}) as Readonly<Record<string, unknown>>;
    length.put(typeof sec === "number" ? sec >>> 0 : 0, cursor); // the same bytes, signed or not
    length.put(nsec ?? nanosec, cursor);
  },
};
