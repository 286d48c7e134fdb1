import * as zlib from "node:zlib";

/** CRC-32 as zlib and MCAP define it; `before` is that of what comes before. */
export type Crc32 = (data: Uint8Array, before?: number) => number;

const POLYNOMIAL = 0xedb88320;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? POLYNOMIAL ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/** The same in JavaScript, byte by byte. */
export const plainCrc32: Crc32 = (data, before = 0) => {
  let crc = ~before;
  for (let i = 0; i < data.length; i += 1) crc = table[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
};

/** Native where Node has it: from 20.15 and 22.2 on; 21, 22.0 and 22.1 have not. */
export const crc32: Crc32 = (zlib as { readonly crc32?: Crc32 }).crc32 ?? plainCrc32;

/** The product of two polynomials over GF(2), highest power first, modulo CRC-32's. */
function product(a: number, b: number): number {
  let [sum, shifted] = [0, b];
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if (a & bit) sum ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return sum;
}

/** x to the power of 8 · 2^k bytes' worth of bits. */
const shifts: number[] = [0x00800000]; // x^8

/**
 * The CRC of A and B one behind the other, from those of A and B: no byte is looked at again.
 *
 * @see zlib's crc32_combine: crc(AB) = crc(A) · x^(8·|B|) + crc(B), modulo the polynomial.
 */
export function joinCrc32(a: number, b: number, bytesOfB: number): number {
  let crc = a;
  for (let [k, left] = [0, bytesOfB]; left > 0; k += 1, left = Math.floor(left / 2)) {
    shifts[k] ??= product(shifts[k - 1]!, shifts[k - 1]!);
    if (left % 2 === 1) crc = product(shifts[k]!, crc);
  }
  return (crc ^ b) >>> 0;
}
