import { type Contract, type MessageType, parseContract, type StreamContract } from "@polypilot/core";

/** A contract with one stream of the given type and feature, checked and filled with defaults as files are. */
export function contractWith(type: string, feature: object, heads: object = {}, others: object = {}): Contract {
  const stream = { topic: "/sensor", type, rate_hz: 10, max_age_ms: 100, feature };
  const label = { topic: "/steering", type: "polypilot_msgs/msg/Scalar", field: "value" };
  const steering = {
    kind: "regression",
    loss: "mse",
    unit: "rad",
    range: [-1, 1],
    label,
    role: "primary",
    deploy: true,
  };
  const limits = { value: [-1, 1], rate: 1, acceleration: 1 };
  const contract = {
    polypilot: 1,
    robot: { name: "test", wheelbase_m: 1, width_m: 1 },
    reference: "sensor",
    streams: { sensor: stream, ...others },
    heads: { steering, ...heads },
    command: {
      topic: "/cmd_vel",
      type: "geometry_msgs/msg/Twist",
      rate_hz: 10,
      steering: { head: "steering", unit: "rad", limits },
      speed: { unit: "m/s", limits, cruise: 0.5, lateral_acceleration: 1 },
    },
  };
  return parseContract(JSON.stringify(contract)); // JSON is YAML
}

/** A stream of the given type and feature. */
export function streamWith<K extends MessageType>(type: K, feature: object): StreamContract & { readonly type: K } {
  return { ...contractWith(type, feature).streams.sensor!, type };
}
