/** Scopes: what is made on a device while one is open is given back at its end, unless it got out. */
import { DeviceStorage, type Storage } from './interface.ts';

/** A tensor that is given other numbers and gradients: what it holds lives on with it. */
export interface Holder {
  /** What it holds. */
  readonly home: Storage;
  readonly collectedGrad?: { readonly home: Storage } | undefined;
}

let current: Scope | undefined;

/** Storages that were made in a stretch of work, and what tensors from outside it came to hold. */
export class Scope {
  private above: Scope | undefined;
  private readonly made = new Set<DeviceStorage>();
  /** Tensors from outside that were given other numbers or gradients. */
  private readonly holders = new Set<Holder>();
  /** What those held before. */
  private readonly replaced = new Set<DeviceStorage>();

  /** Notes all that is made from now on. */
  enter(): void {
    this.above = current;
    current = this;
  }

  /** Notes no more; other scopes may have been entered meanwhile, and left in any order. */
  leave(): void {
    if (current === this) current = this.above;
    else for (let s = current; s; s = s.above) if (s.above === this) s.above = this.above;
    this.above = undefined;
  }

  /** Runs `f` in the scope. */
  run<R>(f: () => R): R {
    this.enter();
    try {
      return f();
    } finally {
      this.leave();
    }
  }

  /** Gives back what was made and neither is among `results` nor held by a tensor from outside. */
  free(results: Iterable<Holder> = []): void {
    const held = this.held();
    for (const result of results) {
      if (this.holders.has(result)) continue;
      for (const storage of storagesOf(result)) {
        if (!this.made.has(storage)) storage.uses++;
        else held.set(storage, (held.get(storage) ?? 0) + 1);
      }
    }
    for (const storage of this.made) {
      const uses = held.get(storage);
      if (uses === undefined) storage.dispose();
      else storage.uses = uses; // those in the scope are over
    }
    this.made.clear();
  }

  /** Gives back what tensors from outside held before, where nobody else can have it; in another scope that one does so. */
  freeReplaced(): void {
    if (current) return;
    const held = this.held();
    for (const storage of this.replaced) if (storage.uses <= 1 && !held.has(storage)) storage.dispose();
    this.replaced.clear();
  }

  /** What tensors from outside hold now, and how many of them. */
  private held(): Map<Storage, number> {
    const held = new Map<Storage, number>();
    for (const holder of this.holders) {
      for (const storage of storagesOf(holder)) held.set(storage, (held.get(storage) ?? 0) + 1);
    }
    return held;
  }

  /** @internal */
  static note(storage: DeviceStorage): void {
    for (let s = current; s; s = s.above) s.made.add(storage);
  }

  /** @internal */
  static replacing(holder: Holder, before: Storage | undefined): void {
    for (let s = current; s; s = s.above) {
      const { home } = holder;
      if (!s.holders.has(holder) && home instanceof DeviceStorage && s.made.has(home)) continue; // made in it too
      s.holders.add(holder);
      if (before instanceof DeviceStorage && !s.made.has(before)) s.replaced.add(before);
    }
  }
}

function storagesOf({ home, collectedGrad }: Holder): DeviceStorage[] {
  return [home, collectedGrad?.home].filter((storage) => storage instanceof DeviceStorage);
}

/** Whether a scope is open. */
export function inScope(): boolean {
  return current !== undefined;
}

/** Runs `f` outside of all scopes: for what is made once and kept. */
export function unscoped<R>(f: () => R): R {
  const before = current;
  if (!before) return f();
  current = undefined;
  try {
    return f();
  } finally {
    current = before;
  }
}

/** Says that a tensor is about to hold something else; what it held alone is given back, in a scope at its end. */
export function replacing(holder: Holder, before: Storage | undefined, next: Storage | undefined): void {
  if (before === next) return;
  if (current) Scope.replacing(holder, before);
  else if (before instanceof DeviceStorage && before.uses <= 1) before.dispose();
}
