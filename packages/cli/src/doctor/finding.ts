/** What the doctor found about one thing that Polypilot can use. */
export interface Finding {
  readonly name: string;
  /** `ok`, or `missing`; `old` is there and does not do. */
  readonly state: "ok" | "missing" | "old";
  /** Version, path or reason, in words. */
  readonly found: string;
  readonly neededFor: string;
  /** What to type to get it; empty where it is there. */
  readonly toType: string;
  /** Whether the main job, driving, cannot be done without it. */
  readonly required: boolean;
}
