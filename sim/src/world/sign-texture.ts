import { type Packed, pack, type SignKind } from "./prop.js";

const RED = pack(200, 24, 28);
const WHITE = pack(240, 240, 236);
const BLACK = pack(24, 24, 26);
const YELLOW = pack(244, 196, 24);

/** Round, white with a red ring and dark figures. */
function speedLimit(x: number, y: number): Packed {
  const r = Math.hypot(x, y);
  if (r > 1) return -1;
  if (r > 0.72) return RED;
  // A 3 and a 0, in blocks.
  const three = x > -0.5 && x < -0.08 && Math.abs(y) < 0.42 && (x > -0.2 || Math.abs(Math.abs(y) - 0.21) > 0.09);
  const zero = x > 0.08 && x < 0.5 && Math.abs(y) < 0.42 && !(x > 0.2 && x < 0.38 && Math.abs(y) < 0.26);
  return three || zero ? BLACK : WHITE;
}

/** A yellow diamond with a bent arrow. */
function sharpBend(x: number, y: number): Packed {
  const d = Math.abs(x) + Math.abs(y);
  if (d > 1) return -1;
  if (d > 0.88) return BLACK;
  const stem = Math.abs(x + 0.12) < 0.09 && y > -0.2 && y < 0.5;
  const arm = Math.abs(y + 0.2) < 0.09 && x > -0.21 && x < 0.3;
  const head = x > 0.2 && x < 0.45 && Math.abs(y + 0.2) < 0.45 - x;
  return stem || arm || head ? BLACK : YELLOW;
}

/** A red octagon with a white rim and a white bar. */
function stop(x: number, y: number): Packed {
  const r = Math.max(Math.abs(x), Math.abs(y), (Math.abs(x) + Math.abs(y)) * Math.SQRT1_2);
  if (r > 0.98) return -1;
  if (r > 0.86) return WHITE;
  return Math.abs(y) < 0.2 && Math.abs(x) < 0.62 ? WHITE : RED;
}

/** Colour of a sign's plate at (u, v) in [0, 1)², v downwards; -1 where there is no plate. */
export function signTexture(sign: SignKind, u: number, v: number): Packed {
  const x = 2 * u - 1;
  const y = 2 * v - 1;
  if (sign === "stop") return stop(x, y);
  return sign === "speed_limit" ? speedLimit(x, y) : sharpBend(x, y);
}
