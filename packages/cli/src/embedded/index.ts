export {
  type MlflowSource,
  type OpenedMlflow,
  openMlflow,
  stopEmbeddedMlflow,
} from './embedded-mlflow.ts'
export {
  type OpenedRedis,
  openRedis,
  type RedisSource,
  stopEmbeddedRedis,
} from './embedded-redis.ts'
