import type { Random } from "@polypilot/core";
import type { Lens } from "./lens.js";
import type { Look } from "./look.js";

const NOISE_SIZE = 1 << 16;

/** Turns packed colours into the image that a sensor gives: blur, brightness, vignette, noise. */
export interface Developer {
  /**
   * @param frame - packed colours [height·width]; used up.
   * @param yawRate - of the camera in rad/s; blurs along the rows.
   * @param salt - any number; chooses the noise.
   * @returns rgb8 bytes [height·width·3], new.
   */
  develop(frame: Uint32Array, yawRate: number, salt: number): Uint8Array;
}

/** Each pixel's neighbours at ± stride mixed in with weight w of 256. Frame edges along the stride are kept. */
function blurPass(from: Uint32Array, to: Uint32Array, stride: number, w: number): void {
  const keep = 256 - 2 * w;
  const end = from.length - stride;
  to.set(from.subarray(0, stride));
  to.set(from.subarray(end), end);
  for (let i = stride; i < end; i += 1) {
    const a = from[i - stride]!;
    const b = from[i]!;
    const c = from[i + stride]!;
    const rb = Math.imul((a & 0xff00ff) + (c & 0xff00ff), w) + Math.imul(b & 0xff00ff, keep);
    const g = Math.imul(((a >>> 8) & 0xff) + ((c >>> 8) & 0xff), w) + Math.imul((b >>> 8) & 0xff, keep);
    to[i] = ((rb >>> 8) & 0xff00ff) | (g & 0xff00);
  }
}

function vignetteTable(lens: Lens, strength: number): Uint16Array {
  const { width, height } = lens;
  const corner = Math.hypot(width, height) / 2;
  return Uint16Array.from({ length: width * height }, (_, i) => {
    const r = Math.hypot((i % width) - lens.centreX, Math.floor(i / width) - lens.centreY) / corner;
    return Math.round(256 * (1 - strength * r * r));
  });
}

/** A developer for one camera. */
export function developer(rng: Random, lens: Lens, look: Look): Developer {
  const noise = Int8Array.from({ length: NOISE_SIZE }, () => Math.max(-127, Math.min(127, look.noise * rng.normal())));
  const vignette = vignetteTable(lens, look.vignette);
  const curves = look.gain.map((gain) =>
    Uint16Array.from({ length: 256 }, (_, v) => Math.min(255, 255 * (v / 255) ** look.gamma * gain)),
  ) as [Uint16Array, Uint16Array, Uint16Array];
  const spare = new Uint32Array(lens.width * lens.height);
  return {
    develop(frame, yawRate, salt) {
      const smearPx = Math.abs(yawRate) * look.exposureSec * lens.focalPx;
      const across = Math.round(256 * Math.min(0.33, look.defocus + 0.16 * smearPx));
      const down = Math.round(256 * look.defocus);
      blurPass(frame, spare, 1, across);
      blurPass(spare, frame, lens.width, down);
      const out = new Uint8ClampedArray(frame.length * 3);
      const [red, green, blue] = curves;
      let k = (Math.imul(salt | 0, 0x9e3779b1) >>> 7) & (NOISE_SIZE - 1);
      for (let i = 0, o = 0; i < frame.length; i += 1, o += 3, k = (k + 3) & (NOISE_SIZE - 1)) {
        const colour = frame[i]!;
        const light = vignette[i]!;
        out[o] = ((red[colour & 255]! * light) >> 8) + noise[k]!;
        out[o + 1] = ((green[(colour >>> 8) & 255]! * light) >> 8) + noise[(k + 1) & (NOISE_SIZE - 1)]!;
        out[o + 2] = ((blue[(colour >>> 16) & 255]! * light) >> 8) + noise[(k + 2) & (NOISE_SIZE - 1)]!;
      }
      return new Uint8Array(out.buffer);
    },
  };
}
