/** Groups of channels: a convolution kernel for one group, called for several. */
import { countDown, define, type FunctionCode, increase, when } from './function.ts';
import { i32 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';

/** Numbers only. */
type Integers = Readonly<Record<string, 'i32'>>;

type GroupName = 'groups' | 'xGroup' | 'wGroup' | 'yGroup';

/** How many groups, and the bytes from one to the next. */
const groupSignature: Readonly<Record<GroupName, 'i32'>> = {
  groups: 'i32',
  xGroup: 'i32',
  wGroup: 'i32',
  yGroup: 'i32',
};

/**
 * Adds `name`, which calls the kernel `one` for each group. Its arguments are those of the groups and then those of `one`:
 * addresses `x`, `w`, `y` and, where it has them, `bias`, one for each of `channels` (0: none).
 */
export function addGroups(module: ModuleBuilder, name: string, one: FunctionCode<Integers>): void {
  module.add(one);
  const signature: Integers = { ...groupSignature, ...one.parameters };
  module.add(
    define(name, signature, (p) => [
      countDown(p.groups!, 1, [
        module.call(one, ...Object.keys(one.parameters).map((key) => p[key]!)),
        increase(p.x!, p.xGroup!),
        increase(p.w!, p.wGroup!),
        increase(p.y!, p.yGroup!),
        ...(p.bias ? [when(p.bias, increase(p.bias, i32.shl(p.channels!, 2)))] : []),
      ]),
    ]),
  );
}

/** The arguments of a kernel for several groups in their order. */
export function groupArguments<S extends Integers>(
  one: S,
  values: Readonly<Record<keyof S | GroupName, number>>,
): number[] {
  return Object.keys({ ...groupSignature, ...one }).map((name) => values[name]!);
}
