import { type Batch, type Contract, parseContract, random } from "@polypilot/core";
import { createModel, type Json, type MultiTaskModel } from "@polypilot/mtl";

/** Samples in a step. */
export const BATCH = 16;

interface ManyHeadsOptions {
  /** Of the camera's pictures, pixels. */
  readonly width: number;
  readonly height: number;
  readonly architecture?: string;
  readonly weighting?: string;
  readonly weightingOptions?: object;
}

const head = (i: number) => `  task_${i}:
    kind: regression
    loss: mse
    unit: rad
    range: [-1, 1]
    label: { topic: /label_${i}, type: polypilot_msgs/msg/Scalar, field: value }
    role: ${i === 0 ? "primary" : "auxiliary\n    auxiliary: related_task"}
    deploy: ${i === 0}
    options: { hidden: 16 }`;

/** A robot with one camera and many small heads. */
export function manyHeads(
  tasks: number,
  { width, height, architecture = "hard", weighting = "equal", weightingOptions = {} }: ManyHeadsOptions,
): Contract {
  return parseContract(
    `polypilot: 1
robot: { name: costs, wheelbase_m: 0.3, width_m: 0.2 }
reference: camera
streams:
  camera:
    topic: /camera/image_raw
    type: sensor_msgs/msg/Image
    rate_hz: 20
    max_age_ms: 200
    feature: { kind: camera, unit: intensity, source: { width: ${width}, height: ${height} }, width: ${width}, height: ${height}, channels: 3 }
heads:
${Array.from({ length: tasks }, (_, i) => head(i)).join("\n")}
sharing: { architecture: ${architecture} }
weighting: { method: ${weighting}, options: ${JSON.stringify(weightingOptions)} }
command:
  topic: /drive
  type: ackermann_msgs/msg/AckermannDriveStamped
  rate_hz: 20
  steering: { head: task_0, unit: rad, limits: { value: [-0.5, 0.5], rate: 5, acceleration: 200 } }
  speed: { unit: m/s, limits: { value: [0, 1], rate: 3, acceleration: 60 }, cruise: 0.5, lateral_acceleration: 2 }
`,
  );
}

function batchOf({ streams, heads }: Contract): Batch {
  const source = random(0);
  const { width, height } = streams.camera!.feature as { readonly width: number; readonly height: number };
  const image = { shape: [BATCH, height, width, 3], data: new Uint8Array(BATCH * height * width * 3) };
  image.data.forEach((_, i) => {
    image.data[i] = source.integer(256);
  });
  const labels = Object.keys(heads).map((name) => [
    name,
    {
      shape: [BATCH, 1],
      data: Float32Array.from({ length: BATCH }, () => 2 * source.uniform() - 1),
      mask: new Uint8Array(BATCH).fill(1),
    },
  ]);
  return { size: BATCH, features: { camera: image }, labels: Object.fromEntries(labels) };
}

/** A model that takes steps. */
export interface Runner {
  readonly model: MultiTaskModel;
  /** Does so many steps. */
  readonly run: (steps: number) => void;
}

/** A model that is stepped now and then; between the steps it waits with its state. */
export function runner(contract: Contract): Runner {
  const batch = batchOf(contract);
  const model: MultiTaskModel = createModel(contract, { seed: 1, compile: true });
  let weighting: Json = model.initialWeighting();
  let step = 0;
  const run = (steps: number) => {
    for (let i = 0; i < steps; i += 1) {
      const options = { weighting, learningRate: 1e-4, clipNorm: 5, step, epoch: Math.floor(step / 4) };
      weighting = model.trainStep(batch, options).weighting;
      step += 1;
    }
  };
  return { model, run };
}
