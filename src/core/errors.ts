/** The typed errors that every room throws: each says where, what is wrong, what it got and what to do. */

/** Base of all errors that tsgrad throws on purpose; `code` is stable across versions. */
export class TsgradError extends Error {
  readonly code: string;
  constructor(message: string, code: string = 'TSGRAD', options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Shapes, ranks, dims or sizes that do not fit. */
export class ShapeError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'SHAPE', options);
  }
}

/** A dtype that the operation does not take. */
export class DtypeError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'DTYPE', options);
  }
}

/** An index or a label outside its range. */
export class IndexError extends TsgradError {
  /** The index, where a single one is to blame. */
  readonly index: number | undefined;
  constructor(message: string, options?: ErrorOptions & { readonly index?: number }) {
    super(message, 'INDEX', options);
    this.index = options?.index;
  }
}

/** An argument or option with a value that makes no sense. */
export class ArgumentError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'ARGUMENT', options);
  }
}

/** A gradient that cannot be computed, or a graph used twice. */
export class GradientError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'GRADIENT', options);
  }
}

/** The first NaN or infinity, found where it arose by `detectAnomaly`. */
export class AnomalyError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'ANOMALY', options);
  }
}

/** A device that is absent, refused or lost. */
export class DeviceError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'DEVICE', options);
  }
}

/** A file or byte string that is truncated, lies about itself, or is of another format. */
export class FormatError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'FORMAT', options);
  }
}

/** A path that cannot be read or written; `cause` is the system's error. */
export class FileError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'FILE', options);
  }
}

/** What no compiled function can do, such as reading numbers inside. */
export class CompileError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'COMPILE', options);
  }
}

/** State that does not fit the model or optimizer it is loaded into. */
export class StateError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'STATE', options);
  }
}

/** Training that cannot go on, such as a loss that is not a number. */
export class TrainingError extends TsgradError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'TRAINING', options);
  }
}
