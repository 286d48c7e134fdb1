import { type Contract, type Feature, msToNs } from "@polypilot/core";
import type { Alignment, SynchroniseOptions } from "./synchronise-options.js";

/**
 * How a contract's streams with a feature are aligned to its reference: `synchronise({ ...alignmentOf(contract), interpolate })`.
 *
 * Training and driving must both take it from here. A stream's queue holds at least its samples over twice its tolerance, so that what
 * is within the tolerance has not been pushed out when a late reference asks for it.
 */
export function alignmentOf(contract: Contract): Pick<SynchroniseOptions<Feature>, "reference" | "streams"> {
  const streams: Record<string, Alignment> = {};
  for (const [name, { align, feature, rate_hz }] of Object.entries(contract.streams)) {
    if (name === contract.reference || !feature) continue;
    const queueSize = Math.max(10, Math.ceil((2 * align.tolerance_ms * rate_hz) / 1000));
    streams[name] = { policy: align.policy, toleranceNs: msToNs(align.tolerance_ms), queueSize };
  }
  return { reference: contract.reference, streams };
}

/** The feature at `fraction` (0…1) of the way from a to b, element by element; bytes are rounded. Both have the same spec. */
export function interpolateFeature(a: Feature, b: Feature, fraction: number): Feature {
  const at = (value: number, i: number) => value + (b.data[i]! - value) * fraction;
  const data =
    a.data instanceof Uint8Array
      ? Uint8Array.from(a.data, (value, i) => Math.round(at(value, i)))
      : Float32Array.from(a.data, at);
  return { spec: a.spec, data };
}
