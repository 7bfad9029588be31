/** A tiny gradient through the installed package, imported as an ES module. */
import { Tensor } from 'tsgrad';

const x = Tensor.from([1, 2, 3], { requiresGrad: true });
x.mul(x).sum().backward();
const gradient = JSON.stringify(x.grad?.toArray());
if (gradient !== '[2,4,6]') throw new Error(`the gradient of x² at [1, 2, 3] should be [2,4,6], got ${gradient}`);
