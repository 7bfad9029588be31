/** The page: what its buttons do, and what it shows of the training and of the drawing. */
import type { data } from '../../src/index.ts';
import { Bars, bestOf, percent } from './bars.ts';
import { Curve } from './curve.ts';
import { digits, type Picture, side } from './digits.ts';
import { Pad } from './pad.ts';
import { paint } from './picture.ts';
import { type Choice, placeOf } from './place.ts';
import { batchesOf, Reader, type Watch } from './reader.ts';

/** `?digits=500&epochs=1` trains for a shorter time; `?device=gpu` chooses; `?software` takes a GPU that is none, for tests. */
const query = new URLSearchParams(location.search);
const asked = (name: string, by: number): number => Number(query.get(name) ?? by);
const counts = { digits: asked('digits', 4000), held: asked('held', 1000), epochs: asked('epochs', 4) };

function element<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}`);
}
const text = (id: string): HTMLElement => element(id, HTMLElement);
const button = (id: string): HTMLButtonElement => element(id, HTMLButtonElement);

const curve = new Curve(element('curve', HTMLCanvasElement));
const bars = new Bars(element('bars', HTMLOListElement));
const seen = element('seen', HTMLCanvasElement);
const progress = element('progress', HTMLProgressElement);
const form = element('form', HTMLFormElement);
const pad = new Pad(element('pad', HTMLCanvasElement), drawn);

/** How long training goes on before the page may move, in milliseconds: fit's own pauses are enough for buttons, not for a pen. */
const longest = 16;

let reader: Reader | undefined;
let learned: { readonly train: data.TensorDataset; readonly held: data.TensorDataset } | undefined;
let training: AbortController | undefined;
/** Whether the drawing has changed since it was read. */
let unread = false;
let reading = false;

function say(message: string): void {
  text('status').textContent = message;
}

function showButtons(): void {
  button('train').disabled = training !== undefined;
  button('train').textContent = reader?.trained ? 'Train more' : 'Train';
  button('stop').disabled = training === undefined;
  button('again').disabled = training !== undefined || !reader;
  button('sample').disabled = learned === undefined;
  element('devices', HTMLFieldSetElement).disabled = training !== undefined;
}

async function drawAll(): Promise<NonNullable<typeof learned>> {
  const share = counts.digits / (counts.digits + counts.held);
  say(`Drawing ${counts.digits + counts.held} digits …`);
  const train = await digits(counts.digits, 0, (part) => {
    progress.value = part * share;
  });
  const held = await digits(counts.held, 1_000_000, (part) => {
    progress.value = share + part * (1 - share);
  });
  return { train, held };
}

async function train(): Promise<void> {
  training = new AbortController();
  const { signal } = training;
  showButtons();
  try {
    learned ??= await drawAll();
    showButtons();
    reader ??= await open();
    const first = reader.batches;
    const last = first + batchesOf(counts.digits, counts.epochs);
    progress.max = last - first;
    progress.value = 0;
    curve.reach(last);
    say('Training …');
    unread = pad.picture !== undefined;
    const began = performance.now();
    await reader.train(learned.train, learned.held, counts.epochs, watchOf(reader, first, signal));
    const time = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    const epochs = counts.epochs === 1 ? 'one epoch' : `${counts.epochs} epochs`;
    say(signal.aborted ? `Stopped after ${time}.` : `Trained for ${epochs} in ${time}.`);
  } catch (error) {
    console.error(error);
    say(`That failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    training = undefined;
    showButtons();
  }
  unread = pad.picture !== undefined;
  await read();
}

/** A new network on the device that is chosen. */
async function open(): Promise<Reader> {
  say('Opening the device …');
  const { device, words, reasons = '' } = await placeOf(choice(), query.has('software'));
  text('place').textContent = words;
  text('place').hidden = false;
  text('reasons').textContent = reasons;
  text('refused').hidden = reasons === '';
  return new Reader(device);
}

function choice(): Choice {
  const chosen = form.querySelector<HTMLInputElement>('input:checked')?.value;
  return chosen === 'cpu' || chosen === 'gpu' ? chosen : 'auto';
}

function watchOf(of: Reader, first: number, signal: AbortSignal): Watch {
  let rested = 0;
  return {
    signal,
    between: async () => {
      progress.value = of.batches - first;
      if (unread) await readNow(of);
      if (performance.now() - rested < longest) return;
      await new Promise((resolve) => setTimeout(resolve));
      rested = performance.now();
    },
    look: (mark, speed) => {
      curve.add(mark);
      text('loss').textContent = mark.loss.toFixed(3);
      text('speed').textContent = Math.round(speed).toLocaleString('en');
      unread = pad.picture !== undefined; // the network has changed
    },
    epoch: (mark, accuracy) => {
      curve.addHeldBack(mark);
      text('accuracy').textContent = `${(100 * accuracy).toFixed(1)} %`;
    },
  };
}

function startOver(): void {
  reader = undefined;
  curve.clear();
  text('place').hidden = true;
  text('refused').hidden = true;
  progress.value = 0;
  for (const id of ['loss', 'accuracy', 'speed']) text(id).textContent = '–';
  say('Not trained yet.');
  showButtons();
  showAnswer(undefined);
}

/** The drawing has changed. */
function drawn(): void {
  const { picture } = pad;
  paint(seen, picture ?? new Float32Array(side * side));
  text('hint').hidden = picture !== undefined;
  unread = true;
  void read();
}

/** Reads the drawing, unless training does so between two batches, or it is being read. */
async function read(): Promise<void> {
  if (training || reading) return;
  reading = true;
  try {
    while (unread && !training) await readNow(reader);
  } finally {
    reading = false;
  }
}

async function readNow(by: Reader | undefined): Promise<void> {
  unread = false;
  const { picture } = pad;
  showAnswer(picture && by?.trained ? await by.read(picture) : undefined);
}

function showAnswer(probabilities: ArrayLike<number> | undefined): void {
  bars.show(probabilities);
  const best = probabilities && bestOf(probabilities);
  const answer = text('answer');
  if (best !== undefined) answer.textContent = `It reads ${best}, ${percent(probabilities![best]!)} sure.`;
  else answer.textContent = reader?.trained ? 'Draw a digit.' : 'Train the network first.';
}

/** A digit that the network has not learned from. */
function showSample(): void {
  const { x } = learned!.held.batch(Int32Array.of(Math.floor(Math.random() * counts.held)));
  const picture: Picture = Float32Array.from(x.dataSync());
  pad.lay(picture);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void train();
});
button('stop').addEventListener('click', () => training?.abort());
button('again').addEventListener('click', startOver);
button('clear').addEventListener('click', () => pad.clear());
button('sample').addEventListener('click', showSample);
for (const radio of form.querySelectorAll('input')) {
  radio.checked = radio.value === (query.get('device') ?? 'auto');
  radio.addEventListener('change', startOver); // a network stays where it is
}
bars.show();
showButtons();
