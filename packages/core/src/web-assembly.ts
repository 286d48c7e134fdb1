/** The part of JavaScript's WebAssembly that is used here; Node's types leave it out. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports?: object) => { readonly exports: object };
}

/** JavaScript's WebAssembly. @throws Error where it is not to be had, as under `node --jitless`. */
export function webAssembly(): WebAssemblyApi {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
  if (!WebAssembly) throw new Error("this Node.js runs without WebAssembly");
  return WebAssembly;
}
