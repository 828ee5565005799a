/** Only training needs it: a model must not carry it. */
export const heavy: string = 'a heavy library of training'
