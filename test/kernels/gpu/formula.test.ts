/** The functions that shaders lack or get wrong, run by gpu.js without a device. */
import { describe, expect, it } from 'vitest';
import { faultOf, functionCases } from './functions.ts';
import { run, wide } from './on-cpu-mode.ts';

describe('a function as text', () => {
  const machine = { limits: wide, run: async (...given: Parameters<typeof run>) => run(...given) };

  it.each(functionCases(600))('$name', async (one) => {
    expect(await faultOf(machine, one)).toBeUndefined();
  });
});
