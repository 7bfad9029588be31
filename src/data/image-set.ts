/** Images and their classes, as bytes: what readers of image files and the drawn digits give. */

/** Images of one size and the class of each. */
export interface ImageSet {
  /** Row-major [N, …], 0 to 255. */
  readonly images: Uint8Array;
  /** [N, H, W] or [N, C, H, W]. */
  readonly shape: readonly number[];
  /** [N] */
  readonly labels: Uint8Array;
}

/** A training and a test set. */
export interface ImageSets {
  readonly train: ImageSet;
  readonly test: ImageSet;
}
