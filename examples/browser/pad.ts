/** Paper to draw on with a mouse, a pen, a finger, or the keyboard. */
import { type Picture, side } from './digits.ts';
import { type Point, paint, pictureOf, type Stroke } from './picture.ts';
import { colour, repaint, sheetOf } from './screen.ts';

/** How thick the line is and how far a key moves the pen, of the side of the paper. */
const thickness = 0.075;
const stride = 0.03;

/** What spans less than this part of the paper is not scaled up to a digit. */
const least = 0.1;

const moves: Readonly<Record<string, Point>> = {
  ArrowLeft: [-stride, 0],
  ArrowRight: [stride, 0],
  ArrowUp: [0, -stride],
  ArrowDown: [0, stride],
};

/** Strokes with coordinates from 0 to 1, or a picture that is laid onto the paper. */
export class Pad {
  private readonly canvas: HTMLCanvasElement;
  private readonly changed: () => void;
  private strokes: Point[][] = [];
  private laid: Picture | undefined;
  /** The stroke that grows: that of a pointer, or of the keyboard's pen while it is down. */
  private open: Point[] | undefined;
  private pen: Point = [0.5, 0.5];

  /** @param changed is called after every change. */
  constructor(canvas: HTMLCanvasElement, changed: () => void) {
    this.canvas = canvas;
    this.changed = changed;
    canvas.addEventListener('pointerdown', (event) => this.begin(event));
    canvas.addEventListener('pointermove', (event) => this.go(event));
    for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, () => this.lift());
    canvas.addEventListener('keydown', (event) => this.press(event));
    for (const change of ['focus', 'blur'] as const) canvas.addEventListener(change, () => this.paint());
    canvas.addEventListener('blur', () => this.lift());
    repaint(canvas, () => this.paint());
  }

  /** What is on the paper, as the network sees it; undefined where it is blank. */
  get picture(): Picture | undefined {
    if (this.laid) return this.laid;
    return this.strokes.length > 0 ? pictureOf(this.strokes, least) : undefined;
  }

  clear(): void {
    this.strokes = [];
    this.laid = undefined;
    this.open = undefined;
    this.update();
  }

  /** Lays a picture onto the paper; the next stroke takes it away. */
  lay(picture: Picture): void {
    this.clear();
    this.laid = picture;
    this.update();
  }

  private update(): void {
    this.paint();
    this.changed();
  }

  private begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.lower(this.placeOf(event));
  }

  private lower(point: Point): void {
    this.laid = undefined;
    this.open = [point];
    this.strokes.push(this.open);
    this.update();
  }

  private go(event: PointerEvent): void {
    if (!this.open || event.buttons === 0) return;
    // Browsers join several moves to one event.
    const all = event.getCoalescedEvents();
    for (const one of all.length > 0 ? all : [event]) this.open.push(this.placeOf(one));
    this.update();
  }

  private lift(): void {
    this.open = undefined;
  }

  private placeOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }

  private press(event: KeyboardEvent): void {
    const { key } = event;
    const move = moves[key];
    if (move) {
      const within = (x: number): number => Math.min(Math.max(x, 0.05), 0.95);
      this.pen = [within(this.pen[0] + move[0]), within(this.pen[1] + move[1])];
      this.open?.push(this.pen);
      if (this.open) this.update();
      else this.paint();
    } else if (key === ' ') {
      if (this.open) this.lift();
      else this.lower(this.pen);
      this.paint();
    } else if (key === 'Delete' || key === 'Backspace' || key === 'Escape') {
      this.clear();
    } else {
      return;
    }
    event.preventDefault(); // pages scroll by arrows and the space bar
  }

  private paint(): void {
    const { context, width } = sheetOf(this.canvas);
    if (this.laid) this.paintLaid(context, this.laid, width);
    context.strokeStyle = colour('ink');
    context.lineWidth = thickness * width;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const stroke of this.strokes) {
      context.beginPath();
      for (const [x, y] of dotted(stroke)) context.lineTo(x * width, y * width);
      context.stroke();
    }
    if (this.canvas.matches(':focus-visible')) this.paintPen(context, width);
  }

  /** The picture in the colour of ink. */
  private paintLaid(context: CanvasRenderingContext2D, picture: Picture, width: number): void {
    const pixels = document.createElement('canvas');
    [pixels.width, pixels.height] = [side, side];
    paint(pixels, picture);
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    context.filter = dark ? 'none' : 'invert(1)';
    context.drawImage(pixels, 0, 0, width, width);
    context.filter = 'none';
  }

  private paintPen(context: CanvasRenderingContext2D, width: number): void {
    const [x, y] = this.pen;
    context.beginPath();
    context.arc(x * width, y * width, (thickness * width) / 2 + 3, 0, 2 * Math.PI);
    context.strokeStyle = colour('accent');
    context.lineWidth = this.open ? 4 : 2;
    context.stroke();
  }
}

/** A stroke of one point as a line that shows. */
function dotted(stroke: Stroke): Stroke {
  return stroke.length === 1 ? [stroke[0]!, stroke[0]!] : stroke;
}
