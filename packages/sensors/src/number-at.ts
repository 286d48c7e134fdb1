/** What a dotted field name leads to in a message; undefined if there is nothing. */
export function valueAt(message: object, field: string): unknown {
  let value: unknown = message;
  for (const part of field.split(".")) value = (value as Record<string, unknown> | undefined)?.[part];
  return value;
}

/** The number at a dotted field name; NaN if there is none. */
export function numberAt(message: object, field: string): number {
  const value = valueAt(message, field);
  return typeof value === "number" ? value : Number.NaN;
}
