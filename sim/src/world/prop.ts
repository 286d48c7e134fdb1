/** Classes of signs, as published on /truth/sign_class; 0 is none. */
export const signClasses = { none: 0, speed_limit: 1, sharp_bend: 2, stop: 3 } as const;

export type SignKind = Exclude<keyof typeof signClasses, "none">;

/** A colour packed as red | green << 8 | blue << 16. */
export type Packed = number;

/**
 * A thing that stands on the ground at (x, y), in m, in the world's frame.
 *
 * Boxes are turned by `yawRad`; cones and barrels are round; a sign is a plate on a pole whose front looks along `yawRad`.
 */
export type Prop =
  | {
      readonly kind: "box";
      readonly x: number;
      readonly y: number;
      readonly yawRad: number;
      readonly lengthM: number;
      readonly widthM: number;
      readonly heightM: number;
      readonly colour: Packed;
    }
  | {
      readonly kind: "cone" | "barrel";
      readonly x: number;
      readonly y: number;
      readonly radiusM: number;
      readonly heightM: number;
      readonly colour: Packed;
    }
  | {
      readonly kind: "sign";
      readonly x: number;
      readonly y: number;
      readonly yawRad: number;
      readonly sign: SignKind;
      /** Side of the square that holds the plate, and height of its middle above the ground. */
      readonly plateM: number;
      readonly centreM: number;
      /** The picture is mirrored: a bend to the left. */
      readonly mirrored?: boolean;
      /** Where along the course it stands. */
      readonly progressM: number;
    };

export type Sign = Extract<Prop, { kind: "sign" }>;
export type Obstacle = Exclude<Prop, Sign>;

/** Radius of a sign's pole, in m. */
export const POLE_RADIUS_M = 0.012;

/** Radius of the smallest circle on the ground that holds the thing. */
export function footprintRadiusM(prop: Prop): number {
  if (prop.kind === "box") return Math.hypot(prop.lengthM, prop.widthM) / 2;
  return prop.kind === "sign" ? prop.plateM / 2 : prop.radiusM;
}

/** Height of its top above the ground. */
export function topM(prop: Prop): number {
  return prop.kind === "sign" ? prop.centreM + prop.plateM / 2 : prop.heightM;
}

/** Packs a colour from channels of 0…255, clipped. */
export function pack(red: number, green: number, blue: number): Packed {
  const byte = (v: number) => (v < 0 ? 0 : v > 255 ? 255 : (v + 0.5) | 0);
  return byte(red) | (byte(green) << 8) | (byte(blue) << 16);
}
