import { node } from '@pipewright/engine'

import { days, features, type Day } from '../datasets.ts'
import { dayOfYear } from '../models/calendar.ts'
import type { FeatureRow } from '../models/feature-row.ts'
import { mean } from '../models/score.ts'

/** Days that the longest rolling mean looks back, today included. */
const window = 30

export const makeFeatures = node({
  name: 'features',
  inputs: { days },
  outputs: { features },
  tags: ['data'],
  timeout: '1m',
  run({ days }, { metric }) {
    const features = featureRows(days)
    metric('rows', features.length)
    return { features }
  },
})

/**
 * One row for each day that has thirty days behind it and one before it. A row uses nothing later than its own day,
 * except the answer.
 */
export function featureRows(days: readonly Day[]): FeatureRow[] {
  const rows: FeatureRow[] = []
  for (let index = window - 1; index < days.length - 1; index += 1) {
    const tomorrow = days[index + 1]
    if (tomorrow === undefined) break
    rows.push(featureRow(days.slice(index + 1 - window, index + 1), tomorrow))
  }
  return rows
}

function featureRow(history: readonly Day[], tomorrow: Day): FeatureRow {
  const [today, lag1, lag2, lag3] = [
    back(history, 0),
    back(history, 1),
    back(history, 2),
    back(history, 3),
  ]
  const week = history.slice(-7)
  const season = (2 * Math.PI * dayOfYear(today.date)) / 365.25
  return {
    date: today.date,
    forecastDate: tomorrow.date,
    rain: Number(today.rain),
    rainLag1: Number(lag1.rain),
    rainLag2: Number(lag2.rain),
    rainLag3: Number(lag3.rain),
    precipitation: Math.log1p(today.precipitation),
    precipitationLag1: Math.log1p(lag1.precipitation),
    precipitationLag2: Math.log1p(lag2.precipitation),
    precipitationLag3: Math.log1p(lag3.precipitation),
    tempMax: today.tempMax,
    tempMin: today.tempMin,
    tempMaxChange: today.tempMax - lag1.tempMax,
    tempMinChange: today.tempMin - lag1.tempMin,
    wind: today.wind,
    windLag1: lag1.wind,
    rainShare7: mean(week.map((day) => Number(day.rain))),
    rainShare30: mean(history.map((day) => Number(day.rain))),
    precipitationMean7: mean(week.map((day) => day.precipitation)),
    tempMaxMean7: mean(week.map((day) => day.tempMax)),
    seasonSin: Math.sin(season),
    seasonCos: Math.cos(season),
    drizzle: Number(today.weather === 'drizzle'),
    fog: Number(today.weather === 'fog'),
    snow: Number(today.weather === 'snow'),
    sun: Number(today.weather === 'sun'),
    rainTomorrow: tomorrow.rain,
  }
}

function back(history: readonly Day[], days: number): Day {
  const day = history.at(-1 - days)
  if (day === undefined) throw new RangeError(`The history has no day ${days} days back.`)
  return day
}
