import { decodeClassic, type Endpoint } from "./messages.js";
import { type Link, openLink, packet, unpack } from "./peer-link.js";

interface Subscription {
  readonly topic: string;
  readonly type: string;
  readonly listeners: Set<(bytes: Uint8Array) => void>;
  /** By the publisher's host and port. */
  readonly links: Map<string, Link>;
  /** Whether anything has come; and how often it was looked for in vain. */
  heard: boolean;
  silent: number;
}

interface Outgoing {
  readonly type: string;
  readonly links: Set<Link>;
  dropped: number;
  /** How often nobody was found to listen. */
  lonely: number;
}

const addressOf = ({ host, port }: Endpoint) => `${host}:${port}`;

/** All that one connection to a master holds; the functions below work on it. */
export interface State {
  readonly publishers: Map<string, Endpoint>;
  readonly subscriptions: Map<string, Subscription>;
  readonly outgoing: Map<string, Outgoing>;
  readonly own: { host: string; port: number };
  broken: number;
  closed: boolean;
}

function connectTo(state: State, subscription: Subscription, endpoint: Endpoint): void {
  const address = addressOf(endpoint);
  if (state.closed || subscription.links.has(address)) return;
  const hear = (bytes: Uint8Array) => {
    subscription.heard = true;
    for (const listener of [...subscription.listeners]) listener(bytes);
  };
  const onBroken = () => {
    state.broken += 1;
  };
  const link = openLink(endpoint.host, endpoint.port, hear, onBroken);
  subscription.links.set(address, link);
  link.socket.on("close", () => {
    if (subscription.links.get(address) === link) subscription.links.delete(address);
  });
  const { topic, type } = subscription;
  link.send(packet("sub", "Subscribe", { topic, msg_type: type, ...state.own, latching: false }));
}

/** Time between two looks at what was asked for and has not come, and how often it is asked for again. */
export const TEND_MS = 1000;
const MOST_ASKED = 30;

/**
 * Asks again for what has not come: a gzserver that is busy loading its world may lose a subscription, or not call back a publisher.
 *
 * Topics that nobody hears are advertised anew; silent subscriptions are connected anew. Both do no harm where all is well.
 */
export function tend(state: State, master: Link): void {
  for (const [topic, outgoing] of state.outgoing) {
    if (outgoing.links.size > 0 || outgoing.lonely >= MOST_ASKED) continue;
    outgoing.lonely += 1;
    master.send(packet("advertise", "Publish", { topic, msg_type: outgoing.type, ...state.own }));
  }
  for (const subscription of state.subscriptions.values()) {
    if (subscription.heard || subscription.silent >= MOST_ASKED) continue;
    subscription.silent += 1;
    if (subscription.silent % 2 !== 0) continue; // the first message may take a second
    for (const link of subscription.links.values()) link.close();
    subscription.links.clear();
    const own = addressOf({ topic: "", msg_type: "", ...state.own });
    for (const endpoint of state.publishers.values()) {
      if (endpoint.topic === subscription.topic && addressOf(endpoint) !== own) {
        connectTo(state, subscription, endpoint);
      }
    }
  }
}

/** What the master says after its greeting. */
export function hearMaster(state: State, bytes: Uint8Array): void {
  const message = decodeClassic("Packet", bytes);
  const known = (endpoint: Endpoint) => `${endpoint.topic} ${addressOf(endpoint)}`;
  switch (message.type) {
    case "publishers_init":
      for (const endpoint of unpack(message, "Publishers").publisher) state.publishers.set(known(endpoint), endpoint);
      return;
    case "publisher_add": {
      const endpoint = unpack(message, "Publish");
      state.publishers.set(known(endpoint), endpoint);
      return;
    }
    case "publisher_del":
    case "unadvertise": {
      const endpoint = unpack(message, "Publish");
      state.publishers.delete(known(endpoint));
      state.subscriptions.get(endpoint.topic)?.links.get(addressOf(endpoint))?.close();
      return;
    }
    case "publisher_subscribe":
    case "publisher_advertise":
    case "publisher_update": {
      const endpoint = unpack(message, "Publish");
      const subscription = state.subscriptions.get(endpoint.topic);
      if (subscription && addressOf(endpoint) !== addressOf({ ...endpoint, ...state.own })) {
        connectTo(state, subscription, endpoint);
      }
      return;
    }
    default: // version_init, topic_namepaces_init, topic_namespace_add, unsubscribe: nothing to do
  }
}
