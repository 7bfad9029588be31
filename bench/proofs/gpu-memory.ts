/** The promise that training on a GPU leaves no memory behind. */
import { gpu, manualSeed, nn, optim, Tensor, tidy } from '../../src/index.ts';
import { offerSoftware } from '../../test/lanes/software.ts';
import { atMost, type Proof } from '../proof.ts';

const steps = 1000;

export const gpuMemory: Proof = {
  name: 'gpu-memory',
  title: '1,000 training steps on the GPU leave its memory flat, and nothing stays when all is given back',
  run: async (report) => {
    offerSoftware();
    const device = await gpu({ software: true });
    report.note(`       ${device.mode} on ${device.adapter}`);
    manualSeed(1);
    const net = new nn.Sequential(new nn.Dense(16, { activation: 'relu' }), new nn.BatchNorm(), new nn.Dense(4));
    net.build([16, 8]).to('gpu');
    const optimizer = new optim.Adam(net.parameters());
    const x = Tensor.randn([16, 8]).to('gpu');
    const y = Tensor.randint(0, 4, [16]).to('gpu');
    const readings: number[] = [];
    for (let step = 1; step <= steps; step++) {
      const loss = tidy(() => {
        const l = nn.crossEntropy(net.forward(x), y);
        l.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return l.detach();
      });
      await loss.data();
      loss.dispose();
      if (step % 250 !== 0 && step !== 1) continue;
      await device.finish();
      readings.push(device.memory().bytes);
      report.note(`       step ${step}: ${device.memory().buffers} buffers, ${device.memory().bytes} bytes`);
    }
    report.check(atMost('growth from step 1 on', Math.max(...readings) - readings[0]!, 0, (n) => `${n} bytes`));
    await net.cpu();
    for (const one of [x, y]) one.dispose();
    await device.finish();
    report.check(atMost('what stays', device.memory().buffers, 0, (n) => `${n} buffers`));
    await device.dispose();
  },
};
