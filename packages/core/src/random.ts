/** A seeded source of random numbers; the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** An independent source; the same name gives the same source, whatever was drawn before. */
  fork(name: string | number): Random;
  /** The numbers that `random(0, state)` continues from. */
  state(): readonly number[];
}

function hash(seed: number, name: string): number {
  let h = (seed ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < name.length; i += 1) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

/** sfc32 (Chris Doty-Humphrey's Small Fast Counter, 128 bits of state), seeded by splitmix32. */
export function random(seed: number, from?: readonly number[]): Random {
  let s = seed >>> 0;
  const mix = () => {
    s = (s + 0x9e3779b9) >>> 0;
    let z = s;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  // As signed numbers of 32 bits, which V8 keeps without allocating.
  const words = (from ?? [mix(), mix(), mix(), mix()]).map((n) => n | 0);
  let [a, b, c, d] = words as [number, number, number, number];
  const next = () => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t;
  };
  const uniform = () => (next() >>> 0) / 4294967296;
  return {
    uniform,
    integer: (n) => Math.floor(uniform() * n),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    fork: (name) => random(hash(seed >>> 0, String(name))),
    state: () => [a, b, c, d].map((n) => n >>> 0),
  };
}
