import type { HeadContract } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import type { Auxiliary } from "./auxiliary.js";
import { auxiliaries } from "./index.js";

/** What every auxiliary kind must do. @param fitting - a head of that kind. @param wrong - heads that cannot be of it. */
export function describeAuxiliary(auxiliary: Auxiliary, fitting: HeadContract, wrong: readonly HeadContract[]): void {
  describe(`the contract of an auxiliary kind: ${auxiliary.name}`, () => {
    it("is among the kinds that contracts may name", () => {
      expect(auxiliaries).toContain(auxiliary);
    });

    it("takes a head that fits", () => {
      expect(auxiliary.check(fitting)).toBeNull();
    });

    it("says of every other head what was found and what to do", () => {
      for (const head of wrong) {
        const problem = auxiliary.check(head);
        expect(problem?.found).toMatch(/\S/);
        expect(problem?.todo).toMatch(/\S/);
      }
    });
  });
}
