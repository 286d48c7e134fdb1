import fc from "fast-check";
import { expect, it } from "vitest";
import { crc32, joinCrc32, plainCrc32 } from "./crc.js";

it("sums in JavaScript to what native code sums to, piece by piece too", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (data, cut) => {
      expect(plainCrc32(data)).toBe(crc32(data));
      expect(plainCrc32(data.subarray(cut), plainCrc32(data.subarray(0, cut)))).toBe(crc32(data));
    }),
  );
});

it("gives the check value of CRC-32/ISO-HDLC", () => {
  expect(plainCrc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

it("joins the sums of two pieces to that of the whole, without the pieces", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (data, cut) => {
      const [a, b] = [data.subarray(0, cut), data.subarray(cut)];
      expect(joinCrc32(crc32(a), crc32(b), b.length)).toBe(crc32(data));
    }),
  );
  const zeros = new Uint8Array(5_000_001);
  expect(joinCrc32(0xcbf43926, crc32(zeros), zeros.length)).toBe(crc32(zeros, 0xcbf43926));
});
