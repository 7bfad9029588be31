/** Powers as text for gpu.js: by products for small whole exponents, since those of shaders take no negative base. */
import type { Code } from './code.ts';
import { log } from './logarithm.ts';

/** Whole exponents up to here are powers by squaring, with one error of rounding each. */
const mostProducts = 64;
/** Smaller products may have lost digits on the way. */
const leastProduct = 1e-30;

/** By squaring where `exponent` ≥ 0 is whole and below 2^`bits`. */
function products(c: Code, base: string, exponent: string, bits: number): string {
  const [power, square, left] = [c.variable('1.0'), c.variable(`${base} * 1.0`), c.variable(`${exponent} * 1.0`)];
  const half = c.variable('0.0');
  c.add(
    `for (let i = 0; i < ${bits}; i++) {
${half} = Math.floor(${left} * 0.5);
if (${left} - ${half} * 2.0 > 0.5) { ${power} = ${power} * ${square}; }
${square} = ${square} * ${square};
${left} = ${half};
}`,
  );
  return power;
}

/** a^b; C's rules for the edges. */
export function pow(c: Code, a: string, b: string): string {
  const size = c.hold(`Math.abs(${b})`);
  const whole = c.hold(`Math.floor(${b})`);
  const few = c.hold(`(${b} === ${whole} && ${size} <= ${c.number(mostProducts)}) ? ${size} : 0.0`);
  const product = products(c, a, few, 7);
  const fraction = c.hold(general(c, a, b, whole));
  const near = c.hold(`${b} < 0.0 ? 1.0 / ${product} : ${product}`);
  const trusted = c.hold(`Math.abs(${product}) > ${c.number(leastProduct)} ? ${near} : ${fraction}`);
  return `${few} === ${size} ? ${trusted} : ${fraction}`;
}

/** By the logarithm of |a|; a negative base to a whole power has the sign of its products. */
function general(c: Code, a: string, b: string, whole: string): string {
  const logarithm = c.hold(log(c, c.hold(`Math.abs(${a})`)));
  const size = c.hold(`Math.exp(${b} * ${logarithm})`);
  const half = c.hold(`Math.floor(${whole} * 0.5)`);
  const mirrored = c.hold(`${whole} - ${half} * 2.0 > 0.5 ? -${size} : ${size}`);
  const negative = c.hold(`${b} === ${whole} ? ${mirrored} : ${c.number(Number.NaN)}`);
  const zero = c.hold(`${b} > 0.0 ? 0.0 : ${c.number(Infinity)}`);
  return `${a} === 0.0 ? ${zero} : (${a} < 0.0 ? ${negative} : ${size})`;
}

/** The power of whole numbers: a fraction is cut off, and 0 to a negative power is 0, as an infinite int32 is. */
export function intPow(c: Code, a: string, b: string): string {
  const size = c.hold(`Math.abs(${b})`);
  const product = products(c, a, size, 24);
  const unit = c.hold(`Math.abs(${a}) === 1.0 ? ${product} : 0.0`);
  return `${b} < 0.0 ? ${unit} : ${product}`;
}
