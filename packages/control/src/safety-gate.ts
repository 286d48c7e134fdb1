import { type Contract, type Nanoseconds, nsToSec } from "@polypilot/core";
import { findFault, type GateInput, requiredStreams } from "./fault.js";
import { approach, clamp, type Limited } from "./limiter.js";

/** Control periods without a fault after which a stopped robot drives again. */
export const RECOVERY_PERIODS = 5;

/** Everything that the gate remembers, as a value. */
export interface GateState {
  /** When the last step was; undefined before the first. */
  readonly lastNs?: Nanoseconds;
  readonly steering: Limited;
  readonly speed: Limited;
  /** Last steering angle that was accepted; held while stopping. */
  readonly steeringTarget: number;
  /** Whether the robot may drive. */
  readonly driving: boolean;
  /** Since when there was no fault; undefined while there is one. */
  readonly clearSinceNs?: Nanoseconds;
}

/** One step's answer. */
export interface GateOutput {
  readonly state: GateState;
  readonly limited: { readonly steeringRad: number; readonly speedMps: number };
  /** Who commands: the policy as it was let through, or the gate that stops. */
  readonly source: "policy" | "safety";
  /**
   * Why the command is not the policy's: the fault, `recovering` until it has been gone long enough, or `limits` where a limit
   * of value, rate or acceleration changed it; empty if it is the policy's.
   */
  readonly reason: string;
}

/** A pure step function with the state it starts from. */
export interface SafetyGate {
  readonly initial: GateState;
  gate(state: GateState, input: GateInput): GateOutput;
}

/**
 * The last word over every command: limits it, and stops the robot when what it was made from cannot be trusted.
 *
 * Limits of value, rate and acceleration hold for steering and speed in every step, stops included (`limiter.ts`). At a fault
 * (`fault.ts`) the speed goes to 0 as fast as its limits allow, within v/rate + rate/acceleration + 3 control periods, and the last accepted steering
 * angle is held; with `on_stale: immediate_stop` the speed is 0 at once, the one case that knows no rate limit. The robot drives
 * again after RECOVERY_PERIODS control periods without a fault, from the speed that it has, as fast as the limits allow.
 *
 * A step whose time is before the last one's is the fault `clock_jump`.
 */
export function safetyGate(contract: Contract): SafetyGate {
  const { steering, speed, rate_hz, on_stale } = contract.command;
  const required = requiredStreams(contract);
  const straight = clamp(0, ...steering.limits.value);
  return {
    initial: {
      steering: { value: straight, rate: 0 },
      speed: { value: 0, rate: 0 },
      steeringTarget: straight,
      driving: false,
    },
    gate(state, input) {
      const dtSec = state.lastNs === undefined ? 0 : nsToSec(input.nowNs - state.lastNs);
      const fault = dtSec < 0 ? "clock_jump" : findFault(contract, required, input);
      const clearSinceNs = fault ? undefined : (state.clearSinceNs ?? input.nowNs);
      const driving =
        clearSinceNs !== undefined &&
        (state.driving || nsToSec(input.nowNs - clearSinceNs) * rate_hz >= RECOVERY_PERIODS - 1e-6);
      const wish = driving ? input.wish : undefined;
      const steeringTarget = wish ? clamp(wish.steeringRad, ...steering.limits.value) : state.steeringTarget;
      const next: GateState = {
        lastNs: input.nowNs,
        steering: approach(steering.limits, state.steering, steeringTarget, dtSec),
        speed:
          fault && on_stale === "immediate_stop"
            ? { value: 0, rate: 0 }
            : approach(speed.limits, state.speed, wish?.speedMps ?? 0, dtSec),
        steeringTarget,
        driving,
        ...(clearSinceNs !== undefined && { clearSinceNs }),
      };
      const limited = { steeringRad: next.steering.value, speedMps: next.speed.value };
      if (!wish) return { state: next, limited, source: "safety", reason: fault ?? "recovering" };
      const same = near(limited.steeringRad, wish.steeringRad) && near(limited.speedMps, wish.speedMps);
      return { state: next, limited, source: "policy", reason: same ? "" : "limits" };
    },
  };
}

const near = (a: number, b: number) => Math.abs(a - b) < 1e-6;
