import { createServer, type Server, type Socket } from "node:net";
import { PolypilotError } from "@polypilot/core";
import type { Advertised, Publication, Transport } from "../transport.js";
import { decodeClassic } from "./messages.js";
import { type Link, linkOver, openLink, packet, unpack } from "./peer-link.js";
import { hearMaster, type State, TEND_MS, tend } from "./peer-state.js";

export interface ClassicOptions {
  /** Where the master is; by default what GAZEBO_MASTER_URI says, or 127.0.0.1:11345. */
  readonly host?: string;
  readonly port?: number;
  /** Time to wait for the master, in ms. Default 5000. */
  readonly timeoutMs?: number;
}

/** Where the master is, from GAZEBO_MASTER_URI where nothing else is said. */
export function masterAddress({ host, port }: ClassicOptions = {}): { host: string; port: number } {
  const uri = /^(?:http:\/\/)?([^:/]+):(\d+)/.exec(process.env.GAZEBO_MASTER_URI ?? "");
  return { host: host ?? uri?.[1] ?? "127.0.0.1", port: port ?? Number(uri?.[2] ?? 11345) };
}

/** A subscriber that calls: it says what it wants, and gets it from then on. */
function serve(state: State, socket: Socket): void {
  const link: Link = linkOver(
    socket,
    (bytes) => {
      try {
        const message = decodeClassic("Packet", bytes);
        if (message.type !== "sub") return;
        state.outgoing.get(unpack(message, "Subscribe").topic)?.links.add(link);
      } catch {
        state.broken += 1;
      }
    },
    () => {
      state.broken += 1;
    },
  );
  socket.on("close", () => {
    for (const { links } of state.outgoing.values()) links.delete(link);
  });
}

function listen(state: State): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => serve(state, socket));
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address && typeof address === "object") state.own.port = address.port;
      resolve(server);
    });
  });
}

function noMaster(host: string, port: number, found: string): PolypilotError {
  return new PolypilotError("GAZEBO_CONNECT", ["gazebo", `${host}:${port}`], {
    expected: "a Gazebo classic master answers there",
    found,
    todo: "Start gzserver with a world, or say where it runs by --gazebo HOST:PORT or GAZEBO_MASTER_URI",
  });
}

/** Opens the link to the master and waits for its greeting. */
function greet(state: State, host: string, port: number, timeoutMs: number): Promise<Link> {
  return new Promise((resolve, reject) => {
    let greeted = false;
    const refuse = (found: string) => {
      clearTimeout(timer);
      link.close();
      reject(noMaster(host, port, found));
    };
    const timer = setTimeout(() => refuse(`no greeting in ${timeoutMs / 1000} s`), timeoutMs);
    const hear = (bytes: Uint8Array) => {
      try {
        hearMaster(state, bytes);
        if (greeted || decodeClassic("Packet", bytes).type !== "publishers_init") return;
        greeted = true;
        clearTimeout(timer);
        resolve(link);
      } catch {
        state.broken += 1;
        if (!greeted) refuse("a greeting that is not Gazebo's");
      }
    };
    const link = openLink(host, port, hear, () => refuse("bytes that are not Gazebo's"));
    link.socket.on("error", (error: NodeJS.ErrnoException) => {
      if (!greeted) refuse(error.code ?? error.message);
    });
    link.socket.on("close", () => {
      if (!greeted) refuse("the connection was closed");
    });
  });
}

function transportOver(state: State, master: Link, server: Server): Transport {
  const subscribe: Transport["subscribe"] = (topic, type, onBytes) => {
    let subscription = state.subscriptions.get(topic);
    if (!subscription) {
      subscription = { topic, type, listeners: new Set(), links: new Map(), heard: false, silent: 0 };
      state.subscriptions.set(topic, subscription);
      master.send(packet("subscribe", "Subscribe", { topic, msg_type: type, ...state.own, latching: false }));
    }
    const { listeners, links } = subscription;
    const listener = (bytes: Uint8Array) => onBytes(bytes);
    listeners.add(listener);
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      state.subscriptions.delete(topic);
      master.send(packet("unsubscribe", "Subscribe", { topic, msg_type: type, ...state.own }));
      for (const link of links.values()) link.close();
    };
  };
  const publish: Transport["publish"] = (topic, type): Publication => {
    const existing = state.outgoing.get(topic);
    const outgoing = existing ?? { type, links: new Set<Link>(), dropped: 0, lonely: 0 };
    if (!existing) {
      state.outgoing.set(topic, outgoing);
      master.send(packet("advertise", "Publish", { topic, msg_type: type, ...state.own }));
    }
    return {
      publish(bytes) {
        for (const link of outgoing.links) if (!link.send(bytes)) outgoing.dropped += 1;
      },
      subscribers: () => outgoing.links.size,
      dropped: () => outgoing.dropped,
    };
  };
  const tending = setInterval(() => tend(state, master), TEND_MS);
  tending.unref();
  const lost = new Promise<string>((resolve) => {
    master.socket.on("close", () => {
      if (!state.closed) resolve("the master closed the connection");
    });
  });
  return {
    kind: "classic",
    advertised: (): readonly Advertised[] =>
      [...state.publishers.values()].map(({ topic, msg_type }) => ({ topic, type: msg_type })),
    subscribe,
    publish,
    broken: () => state.broken,
    lost,
    async close() {
      if (state.closed) return;
      state.closed = true;
      clearInterval(tending);
      for (const [topic, { type }] of state.outgoing) {
        master.send(packet("unadvertise", "Publish", { topic, msg_type: type, ...state.own }));
      }
      const links = [
        ...[...state.subscriptions.values()].flatMap((s) => [...s.links.values()]),
        ...[...state.outgoing.values()].flatMap((o) => [...o.links]),
      ];
      for (const link of links) link.socket.end();
      master.socket.end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        setTimeout(() => {
          for (const link of [...links, master]) link.close();
          resolve();
        }, 200).unref();
      });
    },
  };
}

/**
 * Joins a world of Gazebo classic (11) as a peer: the master on TCP tells who publishes what, and messages go from peer to peer.
 *
 * Every frame is eight hexadecimal digits of length and then bytes. To the master and as the first frame between peers these are a
 * `Packet`; after that a topic's messages go bare. Topics are full names: `/gazebo/WORLD/…`. A subscription outlives its publisher:
 * when one comes up, now or later, it is connected to.
 *
 * @throws PolypilotError `GAZEBO_CONNECT` if no master answers in time, or something else does.
 */
export async function connectClassic(options: ClassicOptions = {}): Promise<Transport> {
  const { host, port } = masterAddress(options);
  const state: State = {
    publishers: new Map(),
    subscriptions: new Map(),
    outgoing: new Map(),
    own: { host: "127.0.0.1", port: 0 },
    broken: 0,
    closed: false,
  };
  const server = await listen(state);
  try {
    return transportOver(state, await greet(state, host, port, options.timeoutMs ?? 5000), server);
  } catch (error) {
    server.close();
    throw error;
  }
}
