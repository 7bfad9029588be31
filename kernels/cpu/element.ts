/** How a number becomes an element of a dtype that cannot hold every number. */

/** The whole number that int32 holds for `value`: cut towards zero, NaN is 0, beyond the range the nearest. */
export function toInt32(value: number): number {
  return value >= 2147483647 ? 2147483647 : value <= -2147483648 ? -2147483648 : value | 0;
}

/** The bool for `value`: everything but zero is true, NaN too. */
export function toBool(value: number): number {
  return value === 0 ? 0 : 1;
}
