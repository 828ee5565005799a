export { openResults, type Results, type ResultsOptions } from './results.ts'
