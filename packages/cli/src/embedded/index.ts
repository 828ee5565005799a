export {
  type MlflowSource,
  type OpenedMlflow,
  openMlflow,
  stopEmbeddedMlflow,
} from './embedded-mlflow.ts'
export {
  type OpenedRedis,
  openRedis,
  redisBinary,
  type RedisSource,
  stopEmbeddedRedis,
} from './embedded-redis.ts'
export {
  ensurePythonPackage,
  pythonProgram,
  type PythonEnvironmentOptions,
} from '@pipewright/python/environment'
