/** A network that learns to read digits, on the CPU or the GPU. */
import {
  type Callback,
  type Device,
  type data,
  Model,
  manualSeed,
  nn,
  optim,
  Tensor,
  type Training,
} from '../../src/index.ts';
import type { Mark } from './curve.ts';
import { type Picture, side } from './digits.ts';

const batchSize = 32;

/** How many batches there are between two looks at the loss. */
const stretch = 10;

/** What is to be known of a training under way. */
export interface Watch {
  /** The mean loss of the batches since the last look, and how many digits are trained a second in this epoch. */
  look(mark: Mark, speed: number): void;
  /** How well digits that are held back are read. */
  epoch(mark: Mark, accuracy: number): void;
  /** A moment between two batches, in which the network may be asked. */
  between(): Promise<void>;
  /** Ends the training after the batch under way. */
  readonly signal: AbortSignal;
}

/** The network and how it is trained; always the same weights to begin with, whatever the device. */
export class Reader {
  private readonly model: Model;
  /** Batches trained so far. */
  batches: number = 0;

  constructor(device: Device) {
    manualSeed(1);
    this.model = new Model(
      new nn.Sequential(
        new nn.Conv2D(8, 5, { activation: 'relu' }),
        new nn.MaxPool2D(2),
        new nn.Conv2D(16, 5, { activation: 'relu' }),
        new nn.MaxPool2D(2),
        new nn.Flatten(),
        new nn.Dense(64, { activation: 'relu' }),
        new nn.Dense(10),
      ),
      {
        optimizer: (parameters) => new optim.Adam(parameters, { lr: 2e-3 }),
        loss: 'crossEntropy',
        metrics: ['accuracy'],
        device,
      },
    );
  }

  /** Whether it has learned anything yet. */
  get trained(): boolean {
    return this.batches > 0;
  }

  /** Trains for some more epochs, or until it is stopped. */
  async train(digits: data.TensorDataset, held: data.TensorDataset, epochs: number, watch: Watch): Promise<void> {
    await this.model.fit(digits, {
      epochs,
      batchSize,
      validation: held,
      signal: watch.signal,
      verbose: false,
      callbacks: [this.looking(watch)],
    });
  }

  /** Probabilities of the digits 0 to 9. */
  async read(picture: Picture): Promise<ArrayLike<number>> {
    const logits = await this.model.predict(Tensor.from(picture, { shape: [1, 1, side, side] }));
    return logits.softmax(1).data();
  }

  private looking(watch: Watch): Callback {
    let began = 0;
    let before = { batch: 0, sum: 0 }; // in this epoch, at the last look
    const look = async (training: Training): Promise<void> => {
      const { batch } = training;
      const { loss = Number.NaN } = await training.scores(); // the mean over the epoch so far
      const sum = loss * batch;
      const mark = { batch: this.batches, loss: (sum - before.sum) / (batch - before.batch) };
      before = { batch, sum };
      watch.look(mark, (1000 * batch * batchSize) / (performance.now() - began));
    };
    return {
      onEpochBegin: () => {
        began = performance.now();
        before = { batch: 0, sum: 0 };
      },
      onBatchEnd: async (training) => {
        this.batches += 1;
        await watch.between();
        if (training.batch - before.batch === Math.min(stretch, training.batches ?? stretch)) await look(training);
      },
      onEpochEnd: (_training, { valLoss = Number.NaN, valAccuracy = Number.NaN }) => {
        watch.epoch({ batch: this.batches, loss: Number(valLoss) }, Number(valAccuracy));
      },
    };
  }
}

/** How many batches so many digits make, epoch after epoch. */
export function batchesOf(count: number, epochs: number): number {
  return epochs * Math.ceil(count / batchSize);
}
