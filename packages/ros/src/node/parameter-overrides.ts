import { PolypilotError } from "@polypilot/core";
import type { Rcl, RclParameter } from "../rclnodejs.js";

/** Parameters that were given for the nodes that a pattern names, as rcl read them from `-p` and parameter files. */
export interface ParameterSection {
  /** A node's name, with its namespace or without, or a pattern with `*` for one part of it and `**` for any number. */
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: number; readonly value: unknown }[];
}

/**
 * Those sections that hold for a node, in the order in which they were given: what comes later wins.
 *
 * As in rclcpp: a name without a leading slash gets one, `/*` stands for one part of a name and `/**` for any number of them. So `sim` is
 * `/sim` and not `/car1/sim`, which `/car1/sim`, an asterisk for `car1` and `/**` are.
 *
 * @param fullName - the node's name after all remapping: `/namespace/name`.
 */
export function sectionsFor(fullName: string, sections: readonly ParameterSection[]): readonly ParameterSection[] {
  return sections.filter(({ name }) => {
    const anchored = name.startsWith("/") ? name : `/${name}`;
    const literal = anchored.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const pattern = literal.replaceAll("/\\*\\*", "(/\\w+)*").replaceAll("/\\*", "(/\\w+)");
    return new RegExp(`^${pattern}$`).test(fullName);
  });
}

/** The library below rclnodejs. */
export interface RclBinding {
  getParameterOverrides(context: object): readonly ParameterSection[] | undefined;
}

/** What is known of rclnodejs' class of nodes, beside its documented interface. */
interface NodeInside {
  readonly context: { readonly handle: object };
  name(): string;
  namespace(): string;
  _getNativeParameterOverrides?(): Map<string, RclParameter>;
}

/**
 * Lets nodes of rclnodejs take the parameters that were given to their full names.
 *
 * By itself rclnodejs 2.2 takes those under `/**` and under the node's bare name only. ROS 2's launch writes each node's parameters into a
 * file under its full name, `/sim`: without this none of them would arrive.
 *
 * @throws PolypilotError `ROS_MISSING` if this rclnodejs is made in another way.
 */
export function matchParameters(rcl: Rcl, binding: RclBinding): void {
  const inside = rcl.Node.prototype as NodeInside;
  if (typeof inside._getNativeParameterOverrides !== "function") {
    throw new PolypilotError("ROS_MISSING", ["ros", "rclnodejs"], {
      expected: "rclnodejs reads a node's parameters in the way that is known of 2.2",
      found: "another way",
      todo: "Run npm run ros:setup, which brings the version that was tested",
    });
  }
  inside._getNativeParameterOverrides = function (this: NodeInside) {
    const fullName = `${this.namespace().replace(/\/$/, "")}/${this.name()}`;
    const sections = sectionsFor(fullName, binding.getParameterOverrides(this.context.handle) ?? []);
    const given = sections.flatMap(({ parameters }) => parameters);
    return new Map(given.map(({ name, type, value }) => [name, new rcl.Parameter(name, type, value)]));
  };
}
