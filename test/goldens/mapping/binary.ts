/** Mappings of binary.json. */
import { Tensor } from '../../../src/index.ts';
import { mapValues, type Named } from '../case.ts';
import { type Family, type Mapping, need } from './mapping.ts';

const methods: Named<(a: Tensor, b: Tensor) => Tensor> = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  pow: (a, b) => a.pow(b),
  maximum: (a, b) => a.maximum(b),
  minimum: (a, b) => a.minimum(b),
  atan2: (a, b) => a.atan2(b),
  fmod: (a, b) => a.fmod(b),
  remainder: (a, b) => a.remainder(b),
  eq: (a, b) => a.eq(b),
  ne: (a, b) => a.ne(b),
  lt: (a, b) => a.lt(b),
  le: (a, b) => a.le(b),
  gt: (a, b) => a.gt(b),
  ge: (a, b) => a.ge(b),
};

export const binary: Family = {
  mappings: {
    ...mapValues(
      methods,
      (method): Mapping =>
        (scene) =>
          method(need(scene, 'a'), need(scene, 'b')),
    ),
    where: (scene) => Tensor.where(need(scene, 'c'), need(scene, 'a'), need(scene, 'b')),
  },
};
