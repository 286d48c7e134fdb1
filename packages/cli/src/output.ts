/** Where a command's results go: words for people, or one JSON document for programs. */
export interface Output {
  readonly json: boolean;
  /** One line for people; nothing with --json. */
  line(text?: string): void;
  /** The command's result, once: with --json the document on stdout, else the words that `toText` makes of it. */
  result<T>(value: T, toText: (value: T) => string): void;
}

/** Numbers that JSON has no form of: bigint as a string of digits, NaN and infinities as null, arrays of numbers as lists. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float64Array);
  return value;
}

/**
 * @param json - as given on the command line.
 * @param write - stdout, or a test's.
 */
export function createOutput(json: boolean, write = (text: string) => void process.stdout.write(text)): Output {
  return {
    json,
    line: (text = "") => {
      if (!json) write(`${text}\n`);
    },
    result: (value, toText) => write(`${json ? JSON.stringify(value, plain, 2) : toText(value)}\n`),
  };
}
