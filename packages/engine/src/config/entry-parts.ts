import * as z from 'zod'

/** Where a dataset lies. */
export const path: z.ZodString = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'A path cannot hold a NUL character')

/** `load_args` or `save_args`: the driver knows what is in them. */
export const settings: z.ZodOptional<z.ZodNullable<z.ZodRecord<z.ZodString, z.ZodUnknown>>> = z
  .record(z.string(), z.unknown())
  .nullish()

const utf8 = z
  .string()
  .regex(/^utf[-_]?8$/i, 'only UTF-8 is read and written')
  .nullish()
const opened = { encoding: utf8, newline: z.string().nullish() }

/**
 * How Kedro's file systems open a file. What changes nothing here is taken, so that a catalog can be brought along; what would
 * make another file of it is refused.
 */
export const fsArgs: z.ZodType = z
  .strictObject({
    open_args_load: z
      .strictObject({ mode: z.enum(['r', 'rb', 'rt']).nullish(), ...opened })
      .nullish(),
    open_args_save: z
      .strictObject({
        mode: z
          .enum(['w', 'wb', 'wt'], 'a file is written whole, so nothing can be appended to it')
          .nullish(),
        ...opened,
      })
      .nullish(),
    project: z.string().nullish(),
    auto_mkdir: z.boolean().nullish(),
  })
  .nullish()
