import { operation, type Operation } from '../operation/operation.ts'
import { Document, Health } from '../schema/server.ts'

export const checkHealth: Operation = operation({
  method: 'GET',
  path: '/health',
  id: 'checkHealth',
  group: 'server',
  scope: undefined,
  summary: 'Say whether the server works and Redis answers',
  answers: { 200: { description: 'Both do.', schema: Health } },
  async handle(_, { client }) {
    await client.paused()
    return { status: 200, body: { status: 'ok' } }
  },
})

export const readDocument: Operation = operation({
  method: 'GET',
  path: '/openapi.json',
  id: 'readDocument',
  group: 'server',
  scope: undefined,
  summary: 'Read this document',
  answers: { 200: { description: 'OpenAPI 3.1.', schema: Document } },
  async handle(_, { document }) {
    return Promise.resolve({ status: 200, body: document })
  },
})
