/** Memory of a device in one go: what a function makes on the way is given back at its end. */
import { Scope } from '../backend/scope.ts';
import { flattenTree } from './tree.ts';

/**
 * Runs `f`, and at its end gives back the memory on a device of all that was made in it, but of
 * - what it returns: a tensor, or arrays and plain objects of tensors, to any depth;
 * - numbers assigned to tensors from outside, and gradients collected in them; what those held before is given back too,
 *   where nothing else can have it.
 *
 * Parameters of layers and states of optimizers that are made in it stay. Tensors of the CPU are the garbage collector's.
 * An async function is tidied up when its promise is settled: what others make meanwhile is given back with it, so let
 * nothing else compute beside.
 *
 * A tensor that was given back can be used no more: reading it, or what is made of it, is a DeviceError.
 * @example
 * for (const { x, y } of batches) {
 *   const loss = tidy(() => {
 *     const l = nn.crossEntropy(net.forward(x.to('gpu')), y.to('gpu'));
 *     l.backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *     return l.detach();
 *   });
 *   console.log((await loss.data())[0]);
 *   loss.dispose();
 * }
 */
export function tidy<R>(f: () => R): R {
  const scope = new Scope();
  const end = (result: unknown): void => {
    scope.leave();
    scope.free(flattenTree('tidy: result', result).tensors);
    scope.freeReplaced();
  };
  scope.enter();
  let result: R;
  try {
    result = f();
  } catch (error) {
    end(undefined);
    throw error;
  }
  if (!isPromise(result)) {
    end(result);
    return result;
  }
  const settled = result.then(
    (value) => {
      end(value);
      return value;
    },
    (error: unknown) => {
      end(undefined);
      throw error;
    },
  );
  return settled as R;
}

function isPromise(x: unknown): x is Promise<unknown> {
  return typeof x === 'object' && x !== null && 'then' in x && typeof x.then === 'function';
}
