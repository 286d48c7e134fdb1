import type { Random } from "@polypilot/core";

/** How one camera sees: what its optics and its sensor do to the light. */
export interface Look {
  /** Share of each neighbour in a pixel, from a lens out of focus; 0…0.25. */
  readonly defocus: number;
  readonly exposureSec: number;
  /** Standard deviation of the sensor's noise, in levels of 255. */
  readonly noise: number;
  /** Darkening at the corners, 0…1. */
  readonly vignette: number;
  /** Gain of each channel: brightness and white balance. */
  readonly gain: readonly [red: number, green: number, blue: number];
  readonly gamma: number;
}

/** The look of a seed. */
export function lookOf(rng: Random): Look {
  const brightness = 0.7 + 0.55 * rng.uniform();
  const warmth = 0.12 * (2 * rng.uniform() - 1);
  return {
    defocus: 0.16 * rng.uniform(),
    exposureSec: 0.004 + 0.008 * rng.uniform(),
    noise: 1.5 + 5 * rng.uniform(),
    vignette: 0.1 + 0.35 * rng.uniform(),
    gain: [brightness * (1 + warmth), brightness, brightness * (1 - warmth)],
    gamma: 0.85 + 0.3 * rng.uniform(),
  };
}
