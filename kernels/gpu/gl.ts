/** As much of WebGL as the driver calls itself: textures made, read and freed. */

/** A texture; its size in memory is its maker's business. */
export interface GlTexture {
  /** How many hold it, as gpu.js counts. */
  _refs?: number;
}

/** The context of any of the WebGL modes; version 2 has what may be absent. */
export interface Gl {
  readonly TEXTURE_2D: number;
  readonly TEXTURE15: number;
  readonly TEXTURE_WRAP_S: number;
  readonly TEXTURE_WRAP_T: number;
  readonly CLAMP_TO_EDGE: number;
  readonly TEXTURE_MIN_FILTER: number;
  readonly TEXTURE_MAG_FILTER: number;
  readonly NEAREST: number;
  readonly FRAMEBUFFER: number;
  readonly COLOR_ATTACHMENT0: number;
  readonly FRAMEBUFFER_COMPLETE: number;
  readonly RGBA: number;
  readonly RED: number;
  readonly FLOAT: number;
  readonly RENDERER: number;
  readonly MAX_TEXTURE_SIZE: number;
  readonly MAX_TEXTURE_IMAGE_UNITS: number;
  readonly IMPLEMENTATION_COLOR_READ_FORMAT: number;
  readonly IMPLEMENTATION_COLOR_READ_TYPE: number;
  readonly OUT_OF_MEMORY: number;
  readonly UNPACK_FLIP_Y_WEBGL: number;
  readonly R32F?: number;
  readonly PIXEL_PACK_BUFFER?: number;
  readonly STREAM_READ?: number;
  readonly SYNC_GPU_COMMANDS_COMPLETE?: number;
  readonly TIMEOUT_EXPIRED?: number;

  getParameter(name: number): unknown;
  getExtension(name: string): Readonly<Record<string, number>> | null;
  getError(): number;
  isContextLost(): boolean;
  flush(): void;
  createTexture(): GlTexture | null;
  deleteTexture(texture: GlTexture): void;
  activeTexture(unit: number): void;
  bindTexture(target: number, texture: GlTexture | null): void;
  texParameteri(target: number, name: number, value: number): void;
  pixelStorei(name: number, value: boolean): void;
  texImage2D(
    target: number,
    level: number,
    internal: number,
    width: number,
    height: number,
    border: number,
    format: number,
    type: number,
    data: Float32Array | null,
  ): void;
  createFramebuffer(): unknown;
  deleteFramebuffer(framebuffer: unknown): void;
  bindFramebuffer(target: number, framebuffer: unknown): void;
  framebufferTexture2D(
    target: number,
    attachment: number,
    textureTarget: number,
    texture: GlTexture | null,
    level: number,
  ): void;
  checkFramebufferStatus(target: number): number;
  readPixels(
    x: number,
    y: number,
    width: number,
    height: number,
    format: number,
    type: number,
    to: Float32Array | number,
  ): void;
  createBuffer(): unknown;
  deleteBuffer(buffer: unknown): void;
  bindBuffer(target: number, buffer: unknown): void;
  bufferData(target: number, bytes: number, usage: number): void;
  getBufferSubData?(target: number, at: number, to: Float32Array): void;
  fenceSync?(condition: number, flags: number): unknown;
  deleteSync?(sync: unknown): void;
  clientWaitSync?(sync: unknown, flags: number, timeout: number): number;
}

/** Resolves in a later turn of the event loop, sooner than timers do. */
function turn(): Promise<void> {
  const { MessageChannel: Channel } = globalThis as {
    readonly MessageChannel?: new () => {
      readonly port1: { onmessage: (() => void) | null; close(): void };
      readonly port2: { postMessage(data: null): void };
    };
  };
  return new Promise((resolve) => {
    if (!Channel) {
      setTimeout(resolve, 0);
      return;
    }
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * The pixels of the bound framebuffer, `channels` floats each. Version 2 lets others have their turn until they are there;
 * version 1 waits.
 */
export async function readPixels(
  gl: Gl,
  [width, height]: readonly [number, number],
  channels: 1 | 4,
): Promise<Float32Array> {
  const out = new Float32Array(width * height * channels);
  const format = channels === 1 ? gl.RED : gl.RGBA;
  const target = gl.PIXEL_PACK_BUFFER;
  if (target === undefined || !gl.fenceSync) {
    gl.readPixels(0, 0, width, height, format, gl.FLOAT, out);
    return out;
  }
  const buffer = gl.createBuffer();
  gl.bindBuffer(target, buffer);
  gl.bufferData(target, out.byteLength, gl.STREAM_READ!);
  gl.readPixels(0, 0, width, height, format, gl.FLOAT, 0);
  gl.bindBuffer(target, null);
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE!, 0);
  gl.flush(); // or the fence may never be reached
  while (!gl.isContextLost() && gl.clientWaitSync!(fence, 0, 0) === gl.TIMEOUT_EXPIRED) await turn();
  gl.bindBuffer(target, buffer);
  gl.getBufferSubData!(target, 0, out);
  gl.bindBuffer(target, null);
  gl.deleteBuffer(buffer);
  gl.deleteSync!(fence);
  return out;
}
