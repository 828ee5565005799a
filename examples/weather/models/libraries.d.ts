// What this example uses of two libraries that ship no types.

declare module 'ml-cart' {
  export class DecisionTreeRegression {
    constructor(options: { readonly maxDepth: number; readonly minNumSamples: number })
    train(rows: number[][], values: number[]): void
    predict(rows: number[][]): number[]
    toJSON(): { readonly root: unknown }
  }
}

declare module 'ml-logistic-regression' {
  import type { Matrix } from 'ml-matrix'

  export default class LogisticRegression {
    constructor(options: { readonly numSteps: number; readonly learningRate: number })
    train(rows: Matrix, classes: Matrix): void
    readonly classifiers: readonly { readonly weights: Matrix }[]
  }
}
