import { type Contract, featureSpecsOf, parseContract, random, type Sample } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";

/** A small robot whose camera sees one bright column: steering points at it. */
export const syntheticContractText = `polypilot: 1
robot: { name: synthetic, wheelbase_m: 0.3, width_m: 0.2 }
reference: camera
streams:
  camera:
    topic: /camera/image_raw
    type: sensor_msgs/msg/Image
    rate_hz: 20
    max_age_ms: 200
    feature: { kind: camera, unit: intensity, source: { width: 16, height: 8 }, width: 16, height: 8, channels: 1 }
    encoder: { name: conv, options: { channels: [4, 8] } }
heads:
  steering:
    kind: regression
    loss: gaussian-nll
    unit: rad
    range: [-0.5, 0.5]
    label: { topic: /drive, type: ackermann_msgs/msg/AckermannDriveStamped, field: drive.steering_angle }
    role: primary
    deploy: true
    options: { hidden: 8 }
  side:
    kind: classification
    loss: cross-entropy
    unit: class
    classes: [right, left]
    label: { topic: /truth/side, type: polypilot_msgs/msg/Scalar, field: value }
    role: auxiliary
    auxiliary: related_task
    deploy: false
  reconstruction:
    kind: reconstruction
    loss: mse
    unit: intensity
    label: { stream: camera }
    role: auxiliary
    auxiliary: representation
    deploy: false
sharing: { architecture: hard, options: { size: 16 } }
weighting: { method: uncertainty }
command:
  topic: /drive
  type: ackermann_msgs/msg/AckermannDriveStamped
  rate_hz: 20
  steering: { head: steering, unit: rad, limits: { value: [-0.5, 0.5], rate: 5, acceleration: 200 } }
  speed: { unit: m/s, limits: { value: [0, 1], rate: 3, acceleration: 60 }, cruise: 0.5, lateral_acceleration: 2 }
`;

export interface SyntheticOptions {
  readonly episodes: number;
  readonly samplesPerEpisode: number;
  readonly seed: number;
  /** Share of samples without the label of `side`. */
  readonly missing?: number;
  /** Changes a sample before it is kept. */
  readonly change?: (sample: Sample, index: number) => Sample;
  readonly contractText?: string;
}

const WIDTH = 16;
const HEIGHT = 8;

function sampleOf(index: number, episode: number, { seed, missing = 0 }: SyntheticOptions): Sample {
  const source = random(seed).fork(index);
  const at = source.uniform() * WIDTH;
  const image = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const distance = x + 0.5 - at;
      image[y * WIDTH + x] = Math.round(40 + 200 * Math.exp(-(distance * distance) / 4) * source.uniform());
    }
  }
  const steering = 0.5 - at / WIDTH;
  const side = { side: Uint8Array.of(steering > 0 ? 1 : 0) };
  return {
    stampNs: BigInt(index) * 50_000_000n,
    episodeId: `episode-${episode}`,
    features: { camera: image },
    labels: {
      steering: Float32Array.of(steering),
      reconstruction: image,
      ...(source.uniform() < missing ? {} : side),
    },
  };
}

/** Demonstrations made up by a seed: what a net of a few thousand parameters learns in seconds. */
export function syntheticDemonstrations(options: SyntheticOptions): Demonstrations {
  const { episodes, samplesPerEpisode, change = (s) => s } = options;
  const contract: Contract = parseContract(options.contractText ?? syntheticContractText);
  const samples = Array.from({ length: episodes * samplesPerEpisode }, (_, i) =>
    change(sampleOf(i, Math.floor(i / samplesPerEpisode), options), i),
  );
  const camera = featureSpecsOf(contract).camera!;
  const scalar = (dtype: "uint8" | "float32", unit: string, high: number) =>
    ({ shape: [1], dtype, unit, range: [[-high, high]] }) as const;
  const heads = Object.keys(contract.heads);
  const specs = {
    steering: scalar("float32", "rad", 0.5),
    side: scalar("uint8", "class", 1),
    reconstruction: camera,
  };
  return {
    contract,
    size: samples.length,
    sample: (index) => samples[index]!,
    feature: (stream, index) => samples[index]!.features[stream]!,
    label: (head, index) => samples[index]!.labels[head],
    featureSpecs: { camera },
    labelSpecs: Object.fromEntries(Object.entries(specs).filter(([head]) => heads.includes(head))),
    drops: {},
    labelled: Object.fromEntries(heads.map((h) => [h, samples.filter((s) => s.labels[h]).length])),
    discardedEpisodes: 0,
    damage: [],
    episodes: Array.from({ length: episodes }, (_, e) => ({
      id: `episode-${e}`,
      task: "point",
      outcome: "success",
      start: samples[e * samplesPerEpisode]!.stampNs,
      end: samples[(e + 1) * samplesPerEpisode - 1]!.stampNs,
      source: "synthetic",
      first: e * samplesPerEpisode,
      count: samplesPerEpisode,
    })),
  };
}
