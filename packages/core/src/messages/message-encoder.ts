import type { parse } from "@foxglove/rosmsg";
import { type CdrCursor, type CdrKind, cdrLength, cdrNumbers, cdrText, cdrTime } from "./cdr-primitives.js";

type Definition = ReturnType<typeof parse>[number];
type Field = Definition["definitions"][number];

/** Lays messages of one type down as CDR, in memory that is given. */
export interface MessageEncoder<M = unknown> {
  /** Exact number of bytes of the message's CDR, the four of the encapsulation header included. */
  byteLength(message: M): number;
  /** Writes the message to `target` from `at` on and returns the offset behind it. Arrays are copied once, whole. */
  encodeInto(message: M, target: Uint8Array, at: number): number;
}

const HEADER_BYTES = 4; // of the encapsulation: little endian, version 1

/**
 * An encoder for a message's parsed schema; field by field, as a chain of functions that is built once.
 *
 * Fields that a message lacks take the schema's default, else zero or nothing. Text is UTF-8.
 *
 * @throws Error from the encoder's functions where an array is no array or not as long as the schema says.
 */
export function messageEncoder(definitions: readonly Definition[]): MessageEncoder {
  // A schema may begin with modules of constants; a message may have nothing else.
  const root = definitions.find(({ definitions: all }) => all.length === 0 || !all.every(isConstant)) ?? definitions[0];
  if (!root) throw new Error("no message in the schema");
  const kind = structure(root, new Map(definitions.map((definition) => [definition.name ?? "", definition])));
  return {
    byteLength: (message) => HEADER_BYTES + kind.end(message, 0),
    encodeInto(message, target, at) {
      target[at] = 0;
      target[at + 1] = 1;
      target[at + 2] = 0;
      target[at + 3] = 0;
      const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
      const cursor: CdrCursor = { bytes: target, view, origin: at + HEADER_BYTES, at: at + HEADER_BYTES };
      kind.put(message, cursor);
      return cursor.at;
    },
  };
}

const isConstant = (field: Field) => field.isConstant === true;

function structure(definition: Definition, all: ReadonlyMap<string, Definition>): CdrKind {
  const fields = definition.definitions.filter((field) => !isConstant(field));
  // IDL knows no empty structure: ROS 2 gives it one byte.
  if (fields.length === 0) return { end: (_, at) => at + 1, put: (_, cursor) => cdrNumbers.uint8!().put(0, cursor) };
  const kinds = fields.map((field) => [field.name, fieldKind(field, all)] as const);
  return {
    end(value, start) {
      let at = start;
      for (const [name, kind] of kinds) at = kind.end(memberOf(value, name), at);
      return at;
    },
    put(value, cursor) {
      for (const [name, kind] of kinds) kind.put(memberOf(value, name), cursor);
    },
  };
}

const memberOf = (value: unknown, name: string) => (value as Readonly<Record<string, unknown>> | undefined)?.[name];

function fieldKind(field: Field, all: ReadonlyMap<string, Definition>): CdrKind {
  if (!field.isArray) return elementKind(field, all, field.defaultValue);
  const number = field.isComplex ? undefined : cdrNumbers[field.type]?.();
  const itemsOf = arrayOf(field);
  const prefixed = field.arrayLength === undefined;
  const { end, putAll } = number
    ? {
        end: (items: ArrayLike<unknown>, at: number) => number.end(undefined, at) + (items.length - 1) * number.bytes,
        putAll: number.putAll,
      }
    : each(elementKind(field, all));
  return {
    end(value, start) {
      const items = itemsOf(value);
      const at = prefixed ? cdrLength.end(undefined, start) : start;
      return items.length === 0 ? at : end(items, at);
    },
    put(value, cursor) {
      const items = itemsOf(value);
      if (prefixed) cdrLength.put(items.length, cursor);
      putAll(items, cursor);
    },
  };
}

/** An array's elements one by one. */
function each(kind: CdrKind) {
  return {
    end(items: ArrayLike<unknown>, start: number) {
      let at = start;
      for (let i = 0; i < items.length; i += 1) at = kind.end(items[i], at);
      return at;
    },
    putAll(items: ArrayLike<unknown>, cursor: CdrCursor) {
      for (let i = 0; i < items.length; i += 1) kind.put(items[i], cursor);
    },
  };
}

/** The elements of a field's value, which may be lacking. */
function arrayOf({ name, arrayLength, defaultValue }: Field): (value: unknown) => ArrayLike<unknown> {
  const otherwise = Array.isArray(defaultValue) || ArrayBuffer.isView(defaultValue) ? defaultValue : undefined;
  const lacking = (otherwise ?? new Array<undefined>(arrayLength ?? 0)) as ArrayLike<unknown>;
  return (value) => {
    if (value === undefined || value === null) return lacking;
    if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && !(value instanceof DataView)))
      throw new TypeError(`${name} is an array. Found ${typeof value}`);
    const items = value as ArrayLike<unknown>;
    if (arrayLength === undefined || items.length === arrayLength) return items;
    throw new RangeError(`${name} has ${arrayLength} elements. Found ${items.length}`);
  };
}

function elementKind({ type, isComplex }: Field, all: ReadonlyMap<string, Definition>, fallback?: unknown): CdrKind {
  if (isComplex) {
    const nested = all.get(type);
    if (!nested) throw new Error(`no definition of ${type}`);
    return structure(nested, all);
  }
  if (type === "string") return cdrText(fallback);
  if (type === "time" || type === "duration") return cdrTime;
  const number = cdrNumbers[type];
  if (!number) throw new Error(`no encoding of ${type}`); // wstring: its CDR is each implementation's own
  return number(fallback);
}
