import { ConfigError } from '../../errors.ts'

/** The error of settings that do not go together. */
export function settingInvalid(dataset: string, what: string, hint: string): ConfigError {
  return new ConfigError('DATASET_SETTING_INVALID', `Dataset '${dataset}': ${what}.`, { hint })
}
