import { describe, expect, it } from "vitest";
import { matchParameters, type ParameterSection, sectionsFor } from "./parameter-overrides.js";

const section = (name: string, value: unknown = name): ParameterSection => ({
  name,
  parameters: [{ name: "seed", type: 2, value }],
});
const names = (fullName: string, ...given: readonly string[]) =>
  sectionsFor(
    fullName,
    given.map((name) => section(name)),
  ).map(({ name }) => name);

describe("sectionsFor", () => {
  it("takes a node's full name, with its leading slash or without", () => {
    expect(names("/sim", "/sim", "sim", "/drive", "/car1/sim", "/simulator")).toEqual(["/sim", "sim"]);
    expect(names("/car1/sim", "/sim", "sim", "car1/sim", "/car1/sim")).toEqual(["car1/sim", "/car1/sim"]);
  });

  it("takes one part of a name for *, any number for **", () => {
    expect(names("/car1/sim", "/**", "/*/sim", "/*", "/**/sim", "/car1/*", "/*/*/sim")).toEqual([
      "/**",
      "/*/sim",
      "/**/sim",
      "/car1/*",
    ]);
    expect(names("/sim", "/**", "/*/sim", "/*", "/**/sim")).toEqual(["/**", "/*", "/**/sim"]);
  });

  it("reads nothing else as a pattern", () => {
    expect(names("/sim", "/s.m", "/si+m", "/(sim)", "/s**")).toEqual([]);
  });
});

class Node {
  readonly context = { handle: {} };
  readonly #names: readonly [string, string];
  constructor(namespace: string, name: string) {
    this.#names = [namespace, name];
  }
  namespace() {
    return this.#names[0];
  }
  name() {
    return this.#names[1];
  }
  _getNativeParameterOverrides(): Map<string, { value: unknown }> {
    return new Map();
  }
}
class Parameter {
  constructor(
    readonly name: string,
    readonly type: number,
    readonly value: unknown,
  ) {}
}
type Rcl = Parameters<typeof matchParameters>[0];

describe("matchParameters", () => {
  it("lets the section that was given last win, whatever it names", () => {
    class Own extends Node {
      override _getNativeParameterOverrides(): Map<string, { value: unknown }> {
        return new Map();
      }
    }
    const given = [section("/car1/sim", 7n), section("/**", 8n), section("/sim", 9n)];
    matchParameters({ Node: Own, Parameter } as unknown as Rcl, { getParameterOverrides: () => given });
    const seed = (namespace: string) => new Own(namespace, "sim")._getNativeParameterOverrides().get("seed")?.value;
    expect([seed("/car1"), seed("/car2"), seed("/")]).toEqual([8n, 8n, 9n]);
  });

  it("refuses an rclnodejs that reads parameters in another way", () => {
    const rcl = { Node: class {}, Parameter } as unknown as Rcl;
    expect(() => matchParameters(rcl, { getParameterOverrides: () => [] })).toThrow("known of 2.2. Found another way");
  });
});
