/** One step of a plan: these bytes at that offset, or the file's new length. */
export type Step = { readonly parts: readonly Uint8Array[]; readonly offset: number } | { readonly truncateTo: number };

/**
 * A tail for what was handed over when it was asked for, if it begins at `offset`. Every tail has as many parts; parts that lie at
 * the same place in memory as those of the tail before hold the same bytes there, as far as both reach.
 */
export type Tail = (offset: number) => readonly Uint8Array[];

/** How a file that grows stays complete between any two steps. */
export interface LiveLayout {
  /** End of the data that the file shows. */
  readonly dataEnd: number;
  /** The first state of the file: this data. */
  begin(parts: readonly Uint8Array[]): Generator<Step>;
  /** Adds data behind what is there; the first part holds at least a record's opcode and length. */
  add(parts: readonly Uint8Array[]): Generator<Step>;
  /** Closes the gap between data and tail. */
  finish(): Generator<Step>;
  /** Puts the tail back after a step that failed. */
  repair(): Generator<Step>;
}

const HEADER = 9; // of every MCAP record: opcode and length
const GAP_OPCODE = 0x80; // from here on, opcodes are an application's own, and readers step over them

/**
 * A layout in which new data grow out of sight, so that a program that is killed in the middle of a write leaves a whole file.
 *
 *     data | gap: one record that every reader steps over | tail: end of data, summary, footer, magic
 *
 * New data are first written inside the gap, with the header of a smaller gap behind them. Then nine bytes turn the old gap's
 * header into that of the new data's first record. Last comes what differs in the tail, which is its last kilobyte, unless a
 * topic is new. When the gap is used up, a tail is put 32 MiB further on (or sixteen times its length, so that long recordings do not
 * write it too often) and the gap is widened over the old one. The gap is a hole that takes no space on the disk. `finish` writes the last tail into the gap and cuts the file behind it.
 *
 * @param tailNow - the tail for all data handed over so far; `final` for that of the closed file.
 * @param room - length of a new gap.
 */
export function liveLayout(tailNow: (final: boolean) => Tail, room: number = 32 * 1024 * 1024): LiveLayout {
  let dataEnd = 0;
  let tailOffset = 0;
  let shown: Tail = tailNow(false); // for the data up to dataEnd
  let tail: readonly Uint8Array[] = []; // what it is at tailOffset

  const gap = (from: number) => {
    const header = Buffer.alloc(HEADER);
    header[0] = GAP_OPCODE;
    header.writeBigUInt64LE(BigInt(tailOffset - from - HEADER), 1);
    return header;
  };
  function* moveTail(length: number): Generator<Step> {
    const offset = dataEnd + length + Math.max(room, 16 * lengthOf(tail));
    const moved = shown(offset);
    yield { parts: moved, offset };
    [tailOffset, tail] = [offset, moved];
    yield { parts: [gap(dataEnd)], offset: dataEnd };
  }
  function* show([first, ...parts]: readonly Uint8Array[], behind: readonly Uint8Array[]): Generator<Step> {
    yield { parts: [first!.subarray(HEADER), ...parts, ...behind], offset: dataEnd + HEADER };
    yield { parts: [first!.subarray(0, HEADER)], offset: dataEnd };
  }
  return {
    get dataEnd() {
      return dataEnd;
    },
    *begin(parts) {
      const data = Buffer.concat(parts);
      dataEnd = data.length;
      tailOffset = dataEnd + room;
      shown = tailNow(false);
      tail = shown(tailOffset);
      yield { parts: [data, gap(dataEnd)], offset: 0 };
      yield { parts: tail, offset: tailOffset };
    },
    *add(parts) {
      const next = tailNow(false); // before anything more is handed over
      const length = lengthOf(parts);
      if (dataEnd + length + HEADER > tailOffset) yield* moveTail(length);
      yield* show(parts, [gap(dataEnd + length)]);
      dataEnd += length;
      const before = tail;
      shown = next;
      tail = next(tailOffset);
      const same = commonStart(before, tail);
      yield { parts: withoutStart(tail, same), offset: tailOffset + same };
    },
    *finish() {
      const last = tailNow(true)(dataEnd);
      const length = lengthOf(last);
      if (dataEnd + length > tailOffset) yield* moveTail(length);
      yield* show(last, []);
      yield { truncateTo: dataEnd + length };
    },
    *repair() {
      yield { parts: tail, offset: tailOffset };
      yield { truncateTo: tailOffset + lengthOf(tail) };
    },
  };
}

const lengthOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, part) => sum + part.length, 0);

/** Number of bytes in which both begin alike. */
function commonStart(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  let common = 0;
  for (const [i, part] of a.entries()) {
    const other = b[i]!;
    const same = commonBytes(part, other);
    common += same;
    if (same < Math.max(part.length, other.length)) break;
  }
  return common;
}

function commonBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  if (a.buffer === b.buffer && a.byteOffset === b.byteOffset) return end;
  let at = 0;
  for (const step of [65536, 256, 1]) {
    while (at + step <= end && Buffer.compare(a.subarray(at, at + step), b.subarray(at, at + step)) === 0) at += step;
  }
  return at;
}

/** What is left of `parts` after their first `bytes` bytes. */
export function withoutStart(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  let index = 0;
  while (index < parts.length && left >= parts[index]!.length) {
    left -= parts[index]!.length;
    index += 1;
  }
  return index === parts.length ? [] : [parts[index]!.subarray(left), ...parts.slice(index + 1)];
}
