/** The scores of models: re-exports only. */
export { accuracy, binaryAccuracy, confusionMatrix, topKAccuracy } from './classification.ts';
export type { LabelOptions } from './labels.ts';
export { type Metric, type MetricName, metricNames, metricOf } from './metric.ts';
export { type Average, type AverageOptions, f1, precision, recall } from './precision-recall.ts';
export { auc } from './ranking.ts';
export { meanAbsoluteError, meanSquaredError, r2 } from './regression.ts';
