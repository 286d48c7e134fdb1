import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { PolypilotError } from "@polypilot/core";

/** A value and named arrays, as one file holds them. */
export interface StateFile {
  readonly value: unknown;
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

const MAGIC = Buffer.from("PPSTATE1");
const DIGEST = 32;

/**
 * Writes a state so that at any moment the file is either the old one or the new one, whole.
 *
 * Layout: magic (8 bytes), length of the JSON head (uint32, little-endian), head, the arrays' bytes (little-endian float32) in
 * the head's order, SHA-256 of all that. Written beside, synchronised to the disk, then renamed over.
 */
export async function writeStateFile(path: string, { value, arrays }: StateFile): Promise<void> {
  const names = Object.entries(arrays).map(([name, array]) => [name, array.length] as const);
  const head = Buffer.from(JSON.stringify({ value, arrays: names }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const body = Object.values(arrays).map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength));
  const parts = [MAGIC, length, head, ...body];
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.new`;
  const file = await open(beside, "w");
  try {
    await file.writev([...parts, digest.digest()]);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

/**
 * Reads what `writeStateFile` wrote.
 *
 * @throws PolypilotError `TRAINING_STATE` if the file is damaged.
 */
export async function readStateFile(path: string): Promise<StateFile> {
  const bytes = await readFile(path);
  const content = bytes.subarray(0, Math.max(0, bytes.length - DIGEST));
  const digest = createHash("sha256").update(content).digest();
  if (!content.subarray(0, 8).equals(MAGIC) || !digest.equals(bytes.subarray(content.length))) {
    throw new PolypilotError("TRAINING_STATE", ["training", `state ${path}`], {
      expected: "the state file is whole",
      found: `${bytes.length} bytes whose checksum does not fit`,
      todo: "Remove the run's folder and train again",
    });
  }
  const length = content.readUInt32LE(8);
  const head = JSON.parse(content.subarray(12, 12 + length).toString("utf8")) as {
    value: unknown;
    arrays: [string, number][];
  };
  let at = 12 + length;
  const arrays = head.arrays.map(([name, size]) => {
    const copy = new Uint8Array(content.subarray(at, at + 4 * size)); // copied: float32 needs its own alignment
    at += 4 * size;
    return [name, new Float32Array(copy.buffer)] as const;
  });
  return { value: head.value, arrays: Object.fromEntries(arrays) };
}
