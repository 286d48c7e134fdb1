import type { Json } from "../weightings/weighting.js";

/** Files of a checkpoint folder. */
export const checkpointFiles = {
  contract: "contract.yaml",
  preprocessing: "preprocessing.json",
  weights: "weights.safetensors",
  /** The deployed heads. */
  deployed: "model.onnx",
  /** All heads, to show what the auxiliary ones see. */
  all: "model-all.onnx",
  card: "card.json",
  readme: "card.md",
} as const;

/** What the maker of a checkpoint knows of it. */
export interface CardInput {
  /** The command that made it, as typed. */
  readonly command: string;
  readonly seed: number;
  /** By which way it learned: transfer, continual, curriculum, few shots. Absent in cards of before that was told. */
  readonly learning?: Json;
  /** What it learned from: recordings, episodes, minutes. */
  readonly data: Json;
  /** What it reached, by name. */
  readonly metrics: Json;
  /** Of Polypilot, Node and TensorFlow. */
  readonly versions: Readonly<Record<string, string>>;
}

/** `card.json`: what a checkpoint is, what made it and what its files must hold. */
export interface CheckpointCard extends CardInput {
  readonly format: 1;
  readonly robot: string;
  readonly architecture: string;
  readonly weighting: string;
  readonly heads: { readonly deployed: readonly string[]; readonly all: readonly string[] };
  /** Trained numbers of the deployed model and of the full one. */
  readonly parameters: { readonly deployed: number; readonly all: number };
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

const list = (names: readonly string[]) => names.join(", ") || "none";

function rows(value: Json): string[] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [`- ${JSON.stringify(value)}`];
  return Object.entries(value).map(
    ([key, inner]) => `- ${key}: ${typeof inner === "string" ? inner : JSON.stringify(inner)}`,
  );
}

/** `card.md`: the card for people. */
export function cardText(card: CheckpointCard): string {
  const files = Object.entries(card.files).map(([name, { bytes }]) => `| ${name} | ${(bytes / 1024).toFixed(1)} |`);
  return [
    `# Checkpoint for ${card.robot}`,
    "",
    `Sharing: ${card.architecture}. Weighting: ${card.weighting}. Seed: ${card.seed}.`,
    "",
    `- Deployed heads: ${list(card.heads.deployed)} (${card.parameters.deployed} parameters)`,
    `- All heads: ${list(card.heads.all)} (${card.parameters.all} parameters)`,
    "",
    "Made by",
    "",
    "```",
    card.command,
    "```",
    "",
    ...(card.learning === undefined ? [] : ["## Learning", "", ...rows(card.learning), ""]),
    "## Data",
    "",
    ...rows(card.data),
    "",
    "## Metrics",
    "",
    ...rows(card.metrics),
    "",
    "## Files",
    "",
    "| file | KiB |",
    "|---|---|",
    ...files,
    "",
    "## Versions",
    "",
    ...rows(card.versions),
    "",
  ].join("\n");
}
