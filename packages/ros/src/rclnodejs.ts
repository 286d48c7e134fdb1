import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PolypilotError } from "@polypilot/core";
import { findRos } from "./environment.js";
import { matchParameters, type RclBinding } from "./node/parameter-overrides.js";

/** A value of a ROS parameter. Integers are bigint. */
export type ParameterValue = boolean | bigint | number | string | readonly string[];

export interface RclParameter {
  readonly name: string;
  readonly type: number;
  readonly value: ParameterValue;
}

export interface RclPublisher {
  readonly topic: string;
  readonly subscriptionCount: number;
  /** Serialized CDR bytes go out as they are. */
  publish(message: Buffer | object): void;
  waitForAllAcked(timeoutNs: bigint): boolean;
}

export interface RclSubscription {
  readonly topic: string;
  readonly publisherCount: number;
}

/** Quality of service; numbers as in rmw. */
export interface RclQos {
  history: number;
  depth: number;
  reliability: number;
  durability: number;
}

export interface RclEndpoint {
  readonly node_name: string;
  readonly node_namespace: string;
  readonly topic_type: string;
  readonly qos_profile: { readonly reliability: number; readonly durability: number };
}

export interface RclGoalHandle {
  readonly request: { toPlainObject(typedArrays: boolean): object };
  readonly isActive: boolean;
  readonly isCancelRequested: boolean;
  publishFeedback(feedback: object): void;
  succeed(): void;
  abort(): void;
  canceled(): void;
}

export interface RclLogger {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

export interface RclNode {
  name(): string;
  namespace(): string;
  getLogger(): RclLogger;
  spin(timeoutMs?: number): void;
  destroy(): void;
  createPublisher(type: string, topic: string, options: object): RclPublisher;
  createSubscription(
    type: string,
    topic: string,
    options: object,
    callback: (message: Buffer) => void,
  ): RclSubscription;
  destroyPublisher(publisher: RclPublisher): void;
  destroySubscription(subscription: RclSubscription): void;
  createService(
    type: string,
    name: string,
    callback: (request: object, response: { send(response: object): void }) => unknown,
  ): object;
  declareParameter(parameter: RclParameter, descriptor: object): RclParameter;
  hasParameter(name: string): boolean;
  getParameter(name: string): RclParameter;
  setParameter(parameter: RclParameter): { readonly successful: boolean; readonly reason: string };
  addOnSetParametersCallback(
    callback: (parameters: readonly RclParameter[]) => { readonly successful: boolean; readonly reason: string },
  ): void;
  resolveTopicName(topic: string, onlyExpand?: boolean): string;
  getPublishersInfoByTopic(topic: string): readonly RclEndpoint[];
  getSubscriptionsInfoByTopic(topic: string): readonly RclEndpoint[];
}

/** What Polypilot uses of rclnodejs. */
export interface Rcl {
  readonly Context: { defaultContext(): object };
  readonly Node: { readonly prototype: object };
  readonly Parameter: new (name: string, type: number, value: unknown) => RclParameter;
  readonly ParameterDescriptor: new (name: string, type: number, description: string, readOnly: boolean) => object;
  readonly QoS: new (history: number, depth: number, reliability: number, durability: number) => RclQos;
  readonly QoSOverridingOptions: { withDefaultPolicies(): object };
  readonly ActionServer: new (
    node: RclNode,
    type: string,
    name: string,
    execute: (goal: RclGoalHandle) => Promise<object>,
    onGoal: (goal: object) => number,
    onAccepted: undefined,
    onCancel: () => number,
  ) => { destroy(): void };
  readonly GoalResponse: { readonly ACCEPT: number; readonly REJECT: number };
  readonly CancelResponse: { readonly ACCEPT: number; readonly REJECT: number };
  init(context: object, argv: readonly string[]): Promise<void>;
  createNode(name: string): RclNode;
  /** The classes of an interface by its ROS 2 name. */
  require(type: string): object;
  shutdown(): void;
  removeSignalHandlers(): void;
}

function refuse(found: string, todo: string, cause?: unknown): never {
  throw new PolypilotError(
    "ROS_MISSING",
    ["ros", "rclnodejs"],
    { expected: "rclnodejs and ROS 2 can be loaded", found, todo },
    { cause },
  );
}

/**
 * rclnodejs, as set-up compiled it: the one place that loads it.
 *
 * @throws PolypilotError `ROS_MISSING` with what to do; rclnodejs is never let to rebuild itself.
 */
export function loadRclnodejs(): Rcl {
  const found = findRos();
  if (!found.ros) return refuse(found.missing, "Run npm run ros:setup");
  const { overlay } = found.ros;
  const load = createRequire(join(overlay, "node", "package.json"));
  let loaded: { readonly rcl: Rcl; readonly binding: RclBinding };
  try {
    // Where its library does not load, rclnodejs would delete what was built and run a compiler: so that is tried first.
    const binding = load(binaryIn(join(overlay, "node", "node_modules", "rclnodejs", "prebuilds"), found.ros.distro));
    const rcl = load("rclnodejs") as Rcl;
    rcl.removeSignalHandlers(); // its own would let go of ROS at Ctrl-C, before the robot could be told to stop
    loaded = { rcl, binding: binding as RclBinding };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message.split("\n")[0]! : String(cause);
    return refuse(
      text,
      "Start it with polypilot ros, which sets LD_LIBRARY_PATH; if that fails, run npm run ros:setup",
      cause,
    );
  }
  matchParameters(loaded.rcl, loaded.binding);
  return loaded.rcl;
}

function binaryIn(prebuilds: string, distro: string): string {
  const folder = join(prebuilds, `${process.platform}-${process.arch}`);
  const file = readdirSync(folder).find((name) => name.startsWith(`${distro}-`) && name.includes("-node-"));
  return join(folder, file ?? "missing");
}
