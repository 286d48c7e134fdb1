import {
  decodeMessage,
  encodeMessage,
  type MessageType,
  type MessageTypes,
  PolypilotError,
  type StreamContract,
  sizeOf,
} from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFeature, featureSpec } from "../decode-feature.js";

/** What a sensor's test hands to the suite. */
export interface SensorCase<K extends MessageType> {
  /** A stream of the sensor's kind. */
  readonly stream: StreamContract & { readonly type: K };
  /** A message that gives a feature without warnings. */
  readonly message: MessageTypes[K];
  /** Messages that cannot be used, with the reason that they must give. */
  readonly refused: Readonly<Record<string, { readonly message: MessageTypes[K]; readonly reason: string }>>;
}

/** Everything that every sensor promises; a sensor's own test adds what its numbers mean. */
export function describeSensor<K extends MessageType>(name: string, sensor: SensorCase<K>): void {
  const { stream, message } = sensor;
  const decode = (given: object = message) => {
    const result = decodeFeature(stream, given);
    if (!result.ok) throw new Error(`refused: ${result.reason}`);
    return result.feature;
  };

  describe(`the sensor ${name}`, () => {
    it("gives the numbers that its spec describes", () => {
      const spec = featureSpec(stream.feature!);
      const { data, spec: own } = decode();
      expect(own).toBe(spec);
      expect(data.length).toBe(sizeOf(spec.shape));
      expect(data).toBeInstanceOf(spec.dtype === "uint8" ? Uint8Array : Float32Array);
      expect([1, spec.shape.at(-1)]).toContain(spec.range.length);
      for (const [low, high] of spec.range) expect(low).toBeLessThan(high);
      if (typeof spec.unit !== "string") expect(spec.unit.length).toBe(spec.shape.at(-1));
    });
    it("gives the same bytes again, and leaves the message as it was", () => {
      const before = structuredClone(message);
      const [first, second] = [decode().data, decode().data];
      expect(second).toEqual(first);
      expect(message).toEqual(before);
    });
    it("hands out numbers that a later message does not change", () => {
      const first = decode().data;
      const kept = first.slice();
      decode().data.fill(0);
      for (const { message: other } of Object.values(sensor.refused)) decodeFeature(stream, other);
      expect(first).toEqual(kept);
    });
    it("gives the same bytes for a message that went through CDR", () => {
      expect(decode(decodeMessage(stream.type, encodeMessage(stream.type, message))).data).toEqual(decode().data);
    });
    for (const [what, { message: wrong, reason }] of Object.entries(sensor.refused)) {
      it(`refuses ${what} as ${reason}`, () => expect(decodeFeature(stream, wrong)).toEqual({ ok: false, reason }));
    }
    it("never throws for lists that are cut short, nor reports numbers that are none", () => {
      const lists = Object.entries(message).filter(([, value]) => Array.isArray(value) || ArrayBuffer.isView(value));
      if (lists.length === 0) return;
      fc.assert(
        fc.property(fc.constantFrom(...lists), fc.double({ min: 0, max: 1, noNaN: true }), ([key, list], part) => {
          const values = list as Uint8Array;
          const result = decodeFeature(stream, {
            ...message,
            [key]: values.slice(0, Math.floor(part * values.length)),
          });
          expect(result.ok ? result.feature.data.every(Number.isFinite) : result.reason).toBeTruthy();
        }),
      );
    });
    it("never throws for whatever a damaged message still decodes to", () => {
      const bytes = encodeMessage(stream.type, message);
      const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
      fc.assert(
        fc.property(damage, (changes) => {
          const damaged = bytes.slice();
          for (const [at, byte] of changes) damaged[at] = byte;
          const decoded = decodedOrNothing(stream.type, damaged);
          const result = decoded && decodeFeature(stream, decoded);
          expect(!result?.ok || result.feature.data.every(Number.isFinite)).toBe(true);
        }),
        { numRuns: 300 },
      );
    });
    it("refuses a contract whose message type does not fit, as an error", () => {
      const wrong = { ...stream, type: "sensor_msgs/msg/Joy" };
      expect(() => decodeFeature(wrong, message)).toThrow(PolypilotError);
    });
  });
}

/** The message, unless the bytes are none: that is the codec's to say. */
function decodedOrNothing(type: MessageType, bytes: Uint8Array): object | undefined {
  try {
    return decodeMessage(type, bytes);
  } catch (cause) {
    if (cause instanceof PolypilotError) return undefined;
    throw cause;
  }
}
