import type { Random } from "@polypilot/core";

export type Rgb = readonly [red: number, green: number, blue: number];

/** Colours and light of a world. */
export interface Palette {
  readonly road: Rgb;
  /** How rough the road looks, 0…1. */
  readonly roadContrast: number;
  readonly verge: Rgb;
  readonly vergeWidthM: number;
  readonly vergeContrast: number;
  readonly ground: Rgb;
  readonly groundContrast: number;
  readonly white: Rgb;
  readonly yellow: Rgb;
  readonly kerb: readonly [Rgb, Rgb];
  readonly skyTop: Rgb;
  readonly skyLow: Rgb;
  readonly hills: Rgb;
  /** Direction to the sun. */
  readonly sunAzimuthRad: number;
  readonly sunElevationRad: number;
  /** Brightness of what lies in shadow, 0…1. */
  readonly shadow: number;
  /** How much of the ground lies under large soft shadows, 0…1. */
  readonly shade: number;
}

const surfaces: readonly Rgb[] = [
  [72, 112, 48], // grass
  [142, 132, 74], // dry grass
  [134, 128, 118], // gravel
  [112, 84, 60], // earth
  [188, 164, 122], // sand
  [156, 154, 148], // concrete
  [62, 74, 112], // blue floor
  [118, 58, 48], // red floor
  [206, 212, 218], // snow
  [52, 78, 44], // dark wood floor
];
const skies: readonly (readonly [Rgb, Rgb])[] = [
  [
    [92, 140, 205],
    [186, 208, 226],
  ],
  [
    [150, 158, 168],
    [196, 200, 202],
  ],
  [
    [64, 84, 132],
    [222, 166, 124],
  ],
  [
    [196, 190, 176],
    [172, 164, 148],
  ],
];

const vary = (rng: Random, colour: Rgb, by: number): Rgb => {
  const all = by * (2 * rng.uniform() - 1);
  return colour.map((c) => Math.max(4, Math.min(250, c + all + 0.35 * by * (2 * rng.uniform() - 1)))) as unknown as Rgb;
};
const grey = ([r, g, b]: Rgb) => 0.3 * r + 0.59 * g + 0.11 * b;
const apart = (a: Rgb, b: Rgb) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

function roadColour(rng: Random, verge: Rgb): Rgb {
  for (;;) {
    const level = 48 + 95 * rng.uniform();
    const road = vary(rng, [level, level, level + 3], 6);
    if (apart(road, verge) > 45) return road;
  }
}

function kerbColours(rng: Random): readonly [Rgb, Rgb] {
  const pairs: readonly (readonly [Rgb, Rgb])[] = [
    [
      [190, 40, 36],
      [226, 226, 220],
    ],
    [
      [40, 70, 170],
      [226, 226, 220],
    ],
    [
      [168, 166, 160],
      [150, 148, 142],
    ],
    [
      [36, 36, 38],
      [214, 190, 40],
    ],
  ];
  return pairs[rng.integer(pairs.length)]!;
}

/** The colours of a seed. Road and verge always differ enough to be told apart. */
export function paletteOf(rng: Random): Palette {
  const verge = vary(rng, surfaces[rng.integer(surfaces.length)]!, 18);
  const road = roadColour(rng, verge);
  const sky = skies[rng.integer(skies.length)]!;
  const paint = Math.max(165, Math.min(238, grey(road) + 95)) + 15 * rng.uniform();
  return {
    road,
    roadContrast: 0.06 + 0.22 * rng.uniform(),
    verge,
    vergeWidthM: 0.15 + 0.6 * rng.uniform(),
    vergeContrast: 0.15 + 0.5 * rng.uniform(),
    ground: vary(rng, surfaces[rng.integer(surfaces.length)]!, 18),
    groundContrast: 0.15 + 0.45 * rng.uniform(),
    white: [paint, paint, paint - 4],
    yellow: vary(rng, [212, 168, 38], 18),
    kerb: kerbColours(rng),
    skyTop: vary(rng, sky[0], 14),
    skyLow: vary(rng, sky[1], 10),
    hills: vary(rng, surfaces[rng.integer(4)]!, 22),
    sunAzimuthRad: 2 * Math.PI * rng.uniform(),
    sunElevationRad: 0.45 + 0.85 * rng.uniform(),
    shadow: 0.45 + 0.35 * rng.uniform(),
    shade: rng.uniform() < 0.55 ? 0.25 + 0.4 * rng.uniform() : 0,
  };
}
