/** The WebGL modes of gpu.js: textures as handles, one element in each texel, and each launch a drawing into one. */
import { DeviceError } from '../../src/core/errors.ts';
import { type Driver, type GpuUsage, type Handle, kernelSettings, mostKernels } from './driver.ts';
import { type Gl, type GlTexture, readPixels } from './gl.ts';
import type { GpuJs, GpuJsKernel, GpuJsPackage } from './gpu-js.ts';
import type { Launch, Limits } from './launch.ts';

/** The modes that draw. */
export type GlMode = 'webgl2' | 'webgl' | 'headlessgl';

/** What gpu.js calls their kernels. */
const kernelNames = { webgl2: 'WebGL2Kernel', webgl: 'WebGLKernel', headlessgl: 'HeadlessGLKernel' } as const;

/** A texture as gpu.js takes it. */
interface TextureResult {
  readonly texture: GlTexture;
  readonly size: readonly [number, number];
  readonly context: Gl;
  readonly internalFormat: number;
  readonly textureFormat: number;
}
type TextureClass = new (settings: Readonly<Record<string, unknown>>) => TextureResult;

/** The parts of a gpu.js kernel that let its last output go; they are private there. */
interface InnerKernel {
  /** Its output, which it draws over again unless others hold it. */
  readonly texture: { texture: GlTexture };
  readonly framebuffer: unknown;
  /** What it would delete with itself. */
  readonly textureCache: GlTexture[];
}

/** A texture that has one holder. */
export interface TextureHandle extends Handle {
  readonly result: TextureResult;
}

/** Names of programs that draw on the CPU. */
const softwareNames = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** More holders than ever let it go: gpu.js makes a new texture whenever it would draw into one that others hold. */
const forever = 2 ** 40;

export class WebGlDriver implements Driver<TextureHandle> {
  readonly mode: GlMode;
  readonly adapter: string;
  readonly software: boolean;
  readonly limits: Limits;
  private readonly gpu: GpuJs;
  private readonly gl: Gl;
  private readonly kernelClass: unknown;
  private readonly compiled = new Map<string, GpuJsKernel<InnerKernel>>();
  /** A result of one dim: all handles are of its class, so that every kernel takes every one. */
  private readonly model: TextureResult;
  private readonly seed: InnerKernel;
  /** What kernels hold between two calls in place of their outputs. */
  private readonly placeholder: GlTexture;
  private readonly reader: unknown;
  private readonly largestSide: number;
  private textures = 0;
  private texels = 0;
  private failure: DeviceError | undefined;

  private constructor(mode: GlMode, gpu: GpuJs, kernelClass: unknown) {
    this.mode = mode;
    this.gpu = gpu;
    this.kernelClass = kernelClass;
    const seed = gpu.createKernel('function kernel() { return 0.5; }', {
      ...kernelSettings,
      output: [1],
    }) as GpuJsKernel<InnerKernel>;
    this.model = seed() as TextureResult;
    this.checkClass(seed);
    this.seed = seed.kernel;
    const gl = this.model.context;
    this.gl = gl;
    this.placeholder = gl.createTexture()!;
    this.placeholder._refs = forever;
    this.reader = gl.createFramebuffer();
    this.adapter = rendererOf(gl);
    this.software = softwareNames.test(this.adapter);
    this.largestSide = Number(gl.getParameter(gl.MAX_TEXTURE_SIZE));
    const units = Number(gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS));
    const arrays = Math.min(7, units - 1);
    this.limits = { arrays, elements: this.largestSide ** 2, side: this.largestSide, components: 1 };
  }

  /** @throws where the mode does not work here. */
  static async open(library: GpuJsPackage, mode: GlMode): Promise<WebGlDriver> {
    const gpu = new library.GPU({ mode, ...surface(mode) });
    try {
      return new WebGlDriver(mode, gpu, library[kernelNames[mode]]);
    } catch (error) {
      await gpu.destroy();
      throw error;
    }
  }

  get usage(): GpuUsage {
    return { buffers: this.textures, bytes: this.texels * this.texelBytes, kernels: this.compiled.size };
  }

  upload(data: Float32Array): TextureHandle {
    this.checkAlive();
    const { gl, largestSide } = this;
    const width = Math.min(2 ** Math.ceil(Math.log2(Math.sqrt(data.length))), largestSide);
    const height = Math.ceil(data.length / width);
    if (height > largestSide) {
      throw new DeviceError(
        `gpu: an array in mode ${this.mode} has at most ${this.limits.elements} elements; got ${data.length}; take smaller batches, or the CPU`,
      );
    }
    const channels = this.texelBytes / 4;
    const texels = new Float32Array(width * height * channels);
    if (channels === 1) texels.set(data);
    else for (let i = 0; i < data.length; i++) texels[4 * i] = data[i]!;
    const texture = gl.createTexture();
    if (!texture) throw lost();
    gl.activeTexture(gl.TEXTURE15); // where gpu.js makes its own
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    const { internalFormat, textureFormat } = this.model;
    gl.texImage2D(gl.TEXTURE_2D, 0, internalFormat, width, height, 0, textureFormat, gl.FLOAT, texels);
    gl.bindTexture(gl.TEXTURE_2D, null);
    return this.handle(texture, [width, height], data.length);
  }

  async run(
    launch: Launch,
    arrays: readonly TextureHandle[],
    numbers: readonly number[] = launch.numbers.map(({ value }) => value),
  ): Promise<TextureHandle> {
    this.checkAlive();
    const kernel = this.kernelOf(launch);
    const given = [...arrays.map(({ result }) => result), ...numbers];
    const { texture, size } = (await kernel(...given)) as TextureResult;
    this.checkClass(kernel);
    // or the kernel would keep its last output, and its framebuffer the memory of it
    const { gl } = this;
    const inner = kernel.kernel;
    inner.texture.texture = this.placeholder;
    inner.textureCache.length = 0;
    gl.bindFramebuffer(gl.FRAMEBUFFER, inner.framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, null, 0);
    const elements = launch.threads.reduce((n, d) => n * d, 1);
    return this.handle(texture, size, elements);
  }

  async read({ result, size }: TextureHandle): Promise<Float32Array> {
    this.checkAlive();
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.reader);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, result.texture, 0);
    const channels = this.readsOneChannel() ? 1 : 4;
    const pixels = await readPixels(gl, result.size, channels);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.reader);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, null, 0);
    this.checkErrors();
    if (channels === 1) return pixels.subarray(0, size);
    return Float32Array.from({ length: size }, (_, i) => pixels[4 * i]!);
  }

  free({ result }: TextureHandle): void {
    this.gl.deleteTexture(result.texture);
    this.textures--;
    this.texels -= result.size[0] * result.size[1];
  }

  async destroy(): Promise<void> {
    this.compiled.clear();
    this.gl.deleteFramebuffer(this.reader);
    await this.gpu.destroy();
  }

  /** Version 1 has no textures of one channel that can be drawn into. */
  private get texelBytes(): 4 | 16 {
    return this.model.internalFormat === this.gl.R32F ? 4 : 16;
  }

  private readsOneChannel(): boolean {
    const { gl } = this;
    return (
      this.texelBytes === 4 &&
      gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_FORMAT) === gl.RED &&
      gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_TYPE) === gl.FLOAT
    );
  }

  private handle(texture: GlTexture, size: readonly [number, number], elements: number): TextureHandle {
    const { context, internalFormat, textureFormat } = this.model;
    texture._refs = 0; // counts the holders: what gpu.js made of it is forgotten
    const Flat = this.model.constructor as TextureClass;
    const result = new Flat({
      texture,
      size,
      dimensions: [elements, 1, 1],
      output: [elements],
      context,
      kernel: this.seed,
      internalFormat,
      textureFormat,
    });
    this.textures++;
    this.texels += size[0] * size[1];
    return { size: elements, result };
  }

  private kernelOf(launch: Launch): GpuJsKernel<InnerKernel> {
    const key = `${launch.threads.join('x')} ${launch.text}`;
    const known = this.compiled.get(key);
    if (known) {
      this.compiled.delete(key); // to the end of the row
      this.compiled.set(key, known);
      return known;
    }
    const { text, output } = this.fitted(launch);
    const kernel = this.gpu.createKernel(text, {
      ...kernelSettings,
      output: [...output],
      // the sizes of textures are arguments too, not text
      dynamicArguments: true,
      argumentTypes: [...launch.arrays.map(() => 'NumberTexture'), ...launch.numbers.map(({ type }) => type)],
    }) as GpuJsKernel<InnerKernel>;
    this.compiled.set(key, kernel);
    if (this.compiled.size > mostKernels) {
      const [oldest] = this.compiled.keys();
      this.compiled.get(oldest!)!.destroy(); // no handle is its own any more
      this.compiled.delete(oldest!);
    }
    return kernel;
  }

  /** Two dims become the sides of a texture, if those allow it; three never do. */
  private fitted({ text, threads }: Launch): { text: string; output: readonly number[] } {
    const [x, y] = threads;
    if (threads.length !== 2 || Math.max(x!, y!) <= this.largestSide) return { text, output: threads };
    return { text: text.replaceAll('this.thread.y', 'this.thread.z'), output: [x!, 1, y!] };
  }

  /** gpu.js goes to the CPU where something is missing. */
  private checkClass(kernel: GpuJsKernel<unknown>): void {
    const got = (kernel.kernel as { readonly constructor: { readonly name: string } }).constructor;
    if (got === this.kernelClass) return;
    throw new DeviceError(
      `gpu: gpu.js computes by another engine in mode ${this.mode}; got ${got.name}; use the CPU engine`,
    );
  }

  private checkAlive(): void {
    if (this.failure) throw this.failure;
    if (this.gl.isContextLost()) throw lost();
  }

  /** Numbers are only handed out where nothing went wrong before them. */
  private checkErrors(): void {
    if (this.gl.isContextLost()) throw lost();
    const error = this.gl.getError();
    if (error === 0) return;
    const what = error === this.gl.OUT_OF_MEMORY ? 'is out of memory' : `reports the error ${error} of WebGL`;
    this.failure = new DeviceError(
      `gpu: the device ${what}, so that its numbers may be wrong; got ${this.usage.bytes} bytes in ${this.textures} arrays; call gpu.dispose() and begin again with smaller batches`,
    );
    throw this.failure;
  }
}

function lost(): DeviceError {
  return new DeviceError(
    'gpu: the device was lost, and what was on it; got a lost WebGL context; call gpu.dispose() and begin again',
  );
}

function rendererOf(gl: Gl): string {
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
}

/** A context whose canvas stays small: gpu.js would make its own as large as the largest texture, and never show it. */
function surface(mode: GlMode): { canvas: object; context: unknown } | undefined {
  if (mode === 'headlessgl') return undefined;
  const platform = globalThis as {
    readonly OffscreenCanvas?: new (width: number, height: number) => Canvas;
    readonly document?: { createElement(name: 'canvas'): Canvas };
  };
  const canvas = platform.OffscreenCanvas
    ? new platform.OffscreenCanvas(1, 1)
    : platform.document?.createElement('canvas');
  const context = canvas?.getContext(mode, {
    alpha: false,
    depth: false,
    antialias: false,
    powerPreference: 'high-performance',
  });
  if (!context) throw new DeviceError(`gpu: no ${mode} here; got no context for it; use the CPU engine`);
  return { canvas: { width: 1, height: 1 }, context };
}

interface Canvas {
  getContext(name: string, settings: Readonly<Record<string, unknown>>): unknown;
}
