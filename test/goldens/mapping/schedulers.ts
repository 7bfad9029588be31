/** Mappings of schedulers.json: the settings are read from a schedule's name, the rates are the output `lrs`. */
import { optim, Tensor } from '../../../src/index.ts';
import { Unmapped } from '../attributes.ts';
import type { Answer, Family, Mapping, Scene } from './mapping.ts';

/** The settings that a name such as `LinearLR(1/3,1,5)` or `CyclicLR_triangular2` holds. */
class Settings {
  readonly scene: Scene;
  /** How many rates the case has. */
  readonly length: number;
  private readonly values = new Map<string, string>();
  /** What stands behind the class: `_linear_3phase` gives `linear` and `3phase`. */
  readonly words: readonly string[];

  /** @param names of the values in brackets that come without one. */
  constructor(scene: Scene, names: readonly string[], length: number) {
    this.scene = scene;
    this.length = length;
    const [, words = '', inside = ''] = /^[^_(]+((?:_[^_(]+)*)(?:\((.*)\))?$/.exec(scene.name) ?? [];
    this.words = words.split('_').filter((word) => word !== '');
    for (const [i, part] of (inside.match(/\[[^\]]*\]|[^,[\]]+(?:\[[^\]]*\])?/g) ?? []).entries()) {
      const [, given, value = part] = /^(\w+)=(.*)$/.exec(part) ?? [];
      const name = given ?? names[i];
      if (name === undefined) throw new Unmapped(`${scene.name}: ${part} is not understood`);
      this.values.set(name, value);
    }
  }

  /** A number, also a fraction. */
  number(name: string, fallback?: number): number {
    const text = this.take(name);
    if (text === undefined && fallback !== undefined) return fallback;
    const [over = Number.NaN, under = 1] = (text ?? '').split('/').map(Number);
    if (text === undefined || Number.isNaN(over / under)) throw new Unmapped(`${this.scene.name}: needs ${name}`);
    return over / under;
  }

  numbers(name: string): number[] {
    return (this.take(name) ?? '').replace(/[[\]]/g, '').split(',').map(Number);
  }

  word(name: string): string | undefined {
    return this.take(name);
  }

  /** The number at the end of a word: 2 for `cooldown2`. */
  suffix(prefix: string, fallback: number): number {
    const word = this.words.find((one) => one.startsWith(prefix));
    return word === undefined ? fallback : Number(word.slice(prefix.length));
  }

  /** Refuses a name that says more than was asked for. */
  finish(): void {
    if (this.values.size > 0) throw new Unmapped(`${this.scene.name}: ${[...this.values.keys()]} is not understood`);
  }

  private take(name: string): string | undefined {
    const text = this.values.get(name);
    this.values.delete(name);
    return text;
  }
}

/** All rates of a schedule: those of step 0 first, then those after each step. */
function follow(names: readonly string[], make: (settings: Settings) => optim.Schedule): Mapping {
  return (scene): Answer => {
    const { attrs, dtype } = scene;
    const scores = attrs.has('metric') ? attrs.numbers('metric') : undefined;
    const lr0 = attrs.number('lr0');
    const length = attrs.number('count');
    const settings = new Settings(scene, names, length);
    const optimizer = new optim.SGD([Tensor.zeros([1], { requiresGrad: true })], { lr: lr0, momentum: 0.9 });
    const schedule = make(settings).attach(optimizer);
    settings.finish();
    const lrs = [optimizer.lr];
    for (let t = 1; t < length; t++) {
      schedule.step(scores?.[t - 1]);
      lrs.push(optimizer.lr);
    }
    return { outputs: { lrs: Tensor.from(Float64Array.from(lrs)).cast(dtype) } };
  };
}

function cyclic(settings: Settings): optim.Schedule {
  // the short name has the numbers of the long one
  const [baseLr, maxLr] = [settings.number('base_lr', 0.01), settings.number('max_lr', 0.1)];
  const stepSizeUp = settings.number('step_size_up', 4);
  const name = settings.word('mode') ?? settings.words[0] ?? 'triangular';
  const mode = name === 'exp_range' || name === 'exp' ? 'expRange' : name;
  if (mode !== 'triangular' && mode !== 'triangular2' && mode !== 'expRange') throw new Unmapped(`mode ${mode}`);
  return new optim.CyclicLR({ baseLr, maxLr, stepSizeUp, mode, gamma: settings.number('gamma', 1) });
}

function oneCycle(settings: Settings): optim.Schedule {
  const { words, length } = settings;
  settings.number('total_steps', 30);
  return new optim.OneCycleLR({
    maxLr: settings.number('max_lr', 0.5),
    // as many as there are rates: the names count the steps between them
    steps: length,
    annealStrategy: words.includes('linear') ? 'linear' : 'cos',
    threePhase: words.includes('3phase'),
  });
}

/** The rates of `Attention is all you need`: rising for some steps, then falling by the root. */
function noam(settings: Settings): optim.Schedule {
  if (settings.words[0] !== 'noam') throw new Unmapped(`${settings.scene.name}: the function is not known`);
  const [d, warmup] = [settings.number('d'), settings.number('warmup')];
  return new optim.LambdaLR({ factor: (t) => d ** -0.5 * Math.min((t + 1) ** -0.5, (t + 1) * warmup ** -1.5) });
}

function plateau(settings: Settings): optim.Schedule {
  // the name with a cooldown leaves out a patience of 1 and a threshold that 0.79 after 0.8 does not reach
  const short = settings.words.length > 0;
  return new optim.ReduceLROnPlateau({
    factor: settings.number('factor', short ? 0.5 : 0.1),
    patience: settings.number('patience', short ? 1 : 10),
    threshold: short ? 0.05 : 1e-4,
    cooldown: settings.suffix('cooldown', 0),
    minLr: settings.suffix('min', 0),
  });
}

/** `Linear5->Cosine25`: five steps from a tenth of the rate to all of it, then down to 0 in 25. */
function sequence(settings: Settings): optim.Schedule {
  const found = /^Linear(\d+)->Cosine(\d+)$/.exec(settings.word('schedules') ?? '');
  if (!found) throw new Unmapped(`${settings.scene.name}: the schedules are not known`);
  const [first, second] = [Number(found[1]), Number(found[2])];
  const rise = new optim.LinearLR({ startFactor: 0.1, steps: first });
  return new optim.SequentialLR({
    schedules: [rise, new optim.CosineAnnealingLR({ steps: second })],
    milestones: [first],
  });
}

export const schedulers: Family = {
  mappings: {
    StepLR: follow(
      ['step_size', 'gamma'],
      (s) => new optim.StepLR({ stepSize: s.number('step_size'), gamma: s.number('gamma', 0.1) }),
    ),
    MultiStepLR: follow(
      ['milestones', 'gamma'],
      (s) => new optim.MultiStepLR({ milestones: s.numbers('milestones'), gamma: s.number('gamma', 0.1) }),
    ),
    ExponentialLR: follow(['gamma'], (s) => new optim.ExponentialLR({ gamma: s.number('gamma') })),
    CosineAnnealingLR: follow(
      ['T_max', 'eta_min'],
      (s) => new optim.CosineAnnealingLR({ steps: s.number('T_max'), etaMin: s.number('eta_min', 0) }),
    ),
    CosineAnnealingWarmRestarts: follow(
      ['T_0', 'T_mult', 'eta_min'],
      (s) =>
        new optim.CosineAnnealingWarmRestarts({
          steps: s.number('T_0'),
          stepsFactor: s.number('T_mult', 1),
          etaMin: s.number('eta_min', 0),
        }),
    ),
    LinearLR: follow(
      ['start_factor', 'end_factor', 'total_iters'],
      (s) =>
        new optim.LinearLR({
          startFactor: s.number('start_factor', 1 / 3),
          endFactor: s.number('end_factor', 1),
          steps: s.number('total_iters', 5),
        }),
    ),
    ConstantLR: follow(
      ['factor', 'total_iters'],
      (s) => new optim.ConstantLR({ factor: s.number('factor', 1 / 3), steps: s.number('total_iters', 5) }),
    ),
    PolynomialLR: follow(
      ['total_iters', 'power'],
      (s) => new optim.PolynomialLR({ steps: s.number('total_iters', 5), power: s.number('power', 1) }),
    ),
    OneCycleLR: follow(['max_lr', 'total_steps'], oneCycle),
    CyclicLR: follow(['base_lr', 'max_lr', 'step_size_up', 'mode'], cyclic),
    LambdaLR: follow([], noam),
    ReduceLROnPlateau: follow(['factor', 'patience'], plateau),
    SequentialLR: follow(['schedules'], sequence),
  },
};
