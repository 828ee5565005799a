import type { MetricPoint } from '../rest/entities.ts'
import type { RecordedModel } from './register-models.ts'

/**
 * Metrics of a parent run that measure its model carry the model's id, so that they stand on the model too: the promoted ones,
 * under their bare names, and the one by which it is compared. A run that makes several models does not say which is measured.
 */
export function ofModel(
  points: readonly MetricPoint[],
  models: readonly RecordedModel[],
): readonly MetricPoint[] {
  const [model, ...others] = models
  if (model === undefined || others.length > 0) return points
  const measures = ({ key }: MetricPoint): boolean =>
    !key.includes('.') || key === model.evaluation?.metric
  return points.map((point) => (measures(point) ? { ...point, model_id: model.id } : point))
}
