/** Keys that JSON names twice: found at any depth and however they are written, and nothing else. */
import { expect, it } from 'vitest';
import { duplicateKey } from '../../src/io/duplicate-key.ts';

it.each([
  ['{"a":1,"b":2}', undefined],
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061" : 2}', 'a'],
  ['{"a":{"a":1},"b":{"a":1}}', undefined],
  ['{"x":[{"b":1},{"b":2}],"b":{"c":1,"d":2,"c":3}}', 'c'],
  ['{"a":{},"b":"a","c":["a","a"],"":0}', undefined],
  ['{"a\\"":1,"b":"\\\\","a\\"":2}', 'a"'],
  ['{"{":1,"}":":","[":2}', undefined],
  ['{"__proto__":1,"__proto__":1}', '__proto__'],
  ['"a"', undefined],
])('%s', (json, twice) => {
  expect(duplicateKey(json)).toBe(twice);
});
