/** Choosing symbols one after the other. */
export { type BeamSearchOptions, beamSearch, type Hypothesis } from './beam-search.ts';
export { type DecodingStep, type GenerateOptions, generate, type StepResult } from './generate.ts';
export { type SampleOptions, sample } from './sample.ts';
