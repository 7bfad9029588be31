/** How layers that only carry rules are described. */
import { ActivityRegularization } from '../../parametrize/activity-regularization.ts';
import { descriptionOf } from '../../parametrize/weight-rules.ts';
import type { LayerKind } from '../layer-kind.ts';
import { regularizerIn } from '../rules.ts';

export const parametrizeKinds: readonly LayerKind[] = [
  {
    type: 'ActivityRegularization',
    describe: (layer) => {
      if (!(layer instanceof ActivityRegularization) || layer.constructor !== ActivityRegularization) return undefined;
      const regularizer = descriptionOf(layer.regularizer);
      return regularizer === undefined ? undefined : { regularizer };
    },
    make: (f) => {
      const rule = f.object('regularizer');
      const module = new ActivityRegularization(regularizerIn(rule));
      rule.finish();
      return { single: true, module };
    },
  },
];
