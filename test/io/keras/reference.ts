/** Keras' layers in plain loops over nested arrays, in Keras' layouts, as its documentation defines them. */

export type Row = readonly number[];
export type Matrix = readonly Row[];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const zeros = (n: number): number[] => new Array<number>(n).fill(0);

/** x [in] times kernel [in, out]. */
export function times(x: Row, kernel: Matrix): number[] {
  return kernel[0]!.map((_, o) => x.reduce((sum, value, i) => sum + value * kernel[i]![o]!, 0));
}

const plus = (...rows: readonly Row[]): number[] => rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0));
const block = (row: Row, index: number, size: number): Row => row.slice(index * size, (index + 1) * size);

/** The last output over steps [T, in]: tanh(x·K + h·R + b). */
export function simpleRnn(steps: Matrix, kernel: Matrix, recurrent: Matrix, bias: Row): number[] {
  let h = zeros(bias.length);
  for (const x of steps) h = plus(times(x, kernel), times(h, recurrent), bias).map(Math.tanh);
  return h;
}

/** Gates i, f, c, o along the columns. */
export function lstm(steps: Matrix, kernel: Matrix, recurrent: Matrix, bias: Row): number[] {
  const units = recurrent.length;
  let [h, c] = [zeros(units), zeros(units)];
  for (const x of steps) {
    const z = plus(times(x, kernel), times(h, recurrent), bias);
    const [i, f, o] = [0, 1, 3].map((gate): Row => block(z, gate, units).map(sigmoid)) as [Row, Row, Row];
    const fresh = block(z, 2, units).map(Math.tanh);
    c = c.map((value, k) => f[k]! * value + i[k]! * fresh[k]!);
    h = c.map((value, k) => o[k]! * Math.tanh(value));
  }
  return h;
}

/** Gates z, r, h along the columns; reset_after: the reset gate multiplies what the product and its bias give. */
export function gru(steps: Matrix, kernel: Matrix, recurrent: Matrix, bias: Matrix): number[] {
  const units = recurrent.length;
  let h = zeros(units);
  for (const x of steps) {
    const [a, b] = [plus(times(x, kernel), bias[0]!), plus(times(h, recurrent), bias[1]!)];
    const [z, r] = [0, 1].map((gate): Row => plus(block(a, gate, units), block(b, gate, units)).map(sigmoid)) as [
      Row,
      Row,
    ];
    const inner = block(b, 2, units);
    const fresh = block(a, 2, units).map((value, k) => Math.tanh(value + r[k]! * inner[k]!));
    h = h.map((value, k) => z[k]! * value + (1 - z[k]!) * fresh[k]!);
  }
  return h;
}

export type Image = readonly Matrix[]; // [H, W, C]

/** Valid convolution of an image [H, W, C] by a kernel [kh, kw, C, out]: [H', W', out]. */
export function conv2d(image: Image, kernel: readonly Image[], bias: Row): number[][][] {
  const [kh, kw] = [kernel.length, kernel[0]!.length];
  return image.slice(kh - 1).map((_, y) =>
    image[0]!.slice(kw - 1).map((__, x) =>
      bias.map((b, o) => {
        let sum = b;
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++)
            image[y + i]![x + j]!.forEach((value, c) => {
              sum += value * kernel[i]![j]![c]![o]!;
            });
        return sum;
      }),
    ),
  );
}

/** Valid depthwise convolution by a kernel [kh, kw, C, M]: [H', W', C·M], the channels of each input side by side. */
export function depthwise2d(image: Image, kernel: readonly Image[]): number[][][] {
  const [kh, kw] = [kernel.length, kernel[0]!.length];
  const pairs = kernel[0]![0]!.flatMap((row, c) => row.map((_, m) => [c, m] as const));
  return image.slice(kh - 1).map((_, y) =>
    image[0]!.slice(kw - 1).map((__, x) =>
      pairs.map(([c, m]) => {
        let sum = 0;
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) sum += image[y + i]![x + j]![c]! * kernel[i]![j]![c]![m]!;
        return sum;
      }),
    ),
  );
}

/** Transposed convolution by a kernel [kh, kw, out, C]: every pixel paints the kernel, `stride` apart. */
export function conv2dTranspose(image: Image, kernel: readonly Image[], stride: number): number[][][] {
  const [kh, kw, out] = [kernel.length, kernel[0]!.length, kernel[0]![0]!.length];
  const [height, width] = [(image.length - 1) * stride + kh, (image[0]!.length - 1) * stride + kw];
  const result = Array.from({ length: height }, () => Array.from({ length: width }, () => zeros(out)));
  image.forEach((row, y) => {
    row.forEach((pixel, x) => {
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++)
          for (let o = 0; o < out; o++)
            for (const [c, value] of pixel.entries())
              result[y * stride + i]![x * stride + j]![o]! += value * kernel[i]![j]![o]![c]!;
    });
  });
  return result;
}

/** Self-attention over steps [T, D]; kernels [D, heads, size], the last [heads, size, D]. */
export function selfAttention(
  steps: Matrix,
  kernels: readonly [query: Image, key: Image, value: Image],
  biases: readonly [query: Matrix, key: Matrix, value: Matrix],
  output: Image,
  outputBias: Row,
): number[][] {
  const headCount = output.length;
  const project = (x: Row, p: number, head: number): number[] =>
    biases[p]![head]!.map((b, k) => x.reduce((sum, value, d) => sum + value * kernels[p]![d]![head]![k]!, b));
  return steps.map((x) => {
    const result = [...outputBias];
    for (let head = 0; head < headCount; head++) {
      const q = project(x, 0, head);
      const scores = steps.map((y) => {
        const k = project(y, 1, head);
        return Math.exp(q.reduce((sum, value, i) => sum + value * k[i]!, 0) / Math.sqrt(q.length));
      });
      const total = scores.reduce((sum, s) => sum + s, 0);
      const mixed = zeros(q.length);
      steps.forEach((y, t) => {
        for (const [k, value] of project(y, 2, head).entries()) mixed[k]! += (scores[t]! / total) * value;
      });
      for (let d = 0; d < result.length; d++)
        for (const [k, value] of mixed.entries()) result[d]! += value * output[head]![k]![d]!;
    }
    return result;
  });
}
