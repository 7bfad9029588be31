/** The loss as it falls: a line for training and a dot per epoch for the digits held back, on a logarithmic scale. */
import { colour, repaint, type Sheet, sheetOf } from './screen.ts';

/** A loss after so many batches. */
export interface Mark {
  readonly batch: number;
  readonly loss: number;
}

/** Around the field, for the numbers. */
const margin = { left: 40, right: 10, top: 10, bottom: 24 };

/** Where the scale has lines. */
const levels: readonly number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** The curve on a canvas. */
export class Curve {
  private readonly canvas: HTMLCanvasElement;
  private line: Mark[] = [];
  private dots: Mark[] = [];
  private batches: number = 1;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    repaint(canvas, () => this.paint());
  }

  clear(): void {
    [this.line, this.dots, this.batches] = [[], [], 1];
    this.canvas.ariaLabel = 'The loss, empty before training';
    this.paint();
  }

  /** Makes room for so many batches. */
  reach(batches: number): void {
    this.batches = batches;
    this.paint();
  }

  add(mark: Mark): void {
    this.line.push(mark);
    this.paint();
  }

  addHeldBack(mark: Mark): void {
    this.dots.push(mark);
    const losses = this.dots.map(({ loss }) => loss.toFixed(3)).join(', ');
    this.canvas.ariaLabel = `The loss on digits held back, epoch by epoch: ${losses}`;
    this.paint();
  }

  private paint(): void {
    const sheet = sheetOf(this.canvas);
    if (sheet.width === 0) return;
    const { context, width, height } = sheet;
    const losses = [...this.line, ...this.dots].map(({ loss }) => loss);
    const low = Math.log(Math.max(Math.min(0.1, ...losses), 0.01) * 0.8);
    const high = Math.log(Math.max(2.5, ...losses) * 1.1);
    const x = (batch: number): number => margin.left + (batch / this.batches) * (width - margin.left - margin.right);
    const y = (loss: number): number =>
      margin.top + ((high - Math.log(Math.max(loss, 0.008))) / (high - low)) * (height - margin.top - margin.bottom);
    this.paintScales(sheet, x, y, low, high);
    context.strokeStyle = colour('accent');
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.beginPath();
    for (const { batch, loss } of this.line) context.lineTo(x(batch), y(loss));
    context.stroke();
    for (const { batch, loss } of this.dots) {
      context.beginPath();
      context.arc(x(batch), y(loss), 5, 0, 2 * Math.PI);
      context.fillStyle = colour('second');
      context.fill();
      context.strokeStyle = colour('card');
      context.stroke();
    }
  }

  private paintScales(
    { context, width, height }: Sheet,
    x: (batch: number) => number,
    y: (loss: number) => number,
    low: number,
    high: number,
  ): void {
    context.font = `12px ${getComputedStyle(this.canvas).fontFamily}`;
    context.fillStyle = colour('faint');
    context.strokeStyle = colour('edge');
    context.lineWidth = 1;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const level of levels.filter((loss) => Math.log(loss) > low && Math.log(loss) < high)) {
      const at = Math.round(y(level)) + 0.5;
      context.beginPath();
      context.moveTo(margin.left, at);
      context.lineTo(width - margin.right, at);
      context.stroke();
      context.fillText(`${level}`, margin.left - 7, at);
    }
    context.textBaseline = 'alphabetic';
    context.fillText(this.batches > 1 ? `${this.batches} batches` : 'batches', width - margin.right, height - 6);
    context.textAlign = 'left';
    context.fillText('0', x(0), height - 6);
  }
}
