/** Canvases at the sharpness of the screen, in the colours of the style sheet. */

/** A canvas that is ready to be painted, in CSS pixels. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** The canvas cleared, as large as it is shown. */
export function sheetOf(canvas: HTMLCanvasElement): Sheet {
  const { clientWidth: width, clientHeight: height } = canvas;
  const density = devicePixelRatio;
  const [columns, rows] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext('2d')!;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** Paints again when the canvas is shown at another size or in other colours. */
export function repaint(canvas: HTMLCanvasElement, paint: () => void): void {
  new ResizeObserver(paint).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
}

/** A colour of the style sheet, such as `text`. */
export function colour(name: 'text' | 'faint' | 'edge' | 'accent' | 'second' | 'card' | 'ink'): string {
  probe.style.color = `var(--${name})`; // light-dark() is resolved in properties only
  return getComputedStyle(probe).color;
}
const probe = document.body.appendChild(document.createElement('i'));
probe.hidden = true;
