import { expect, test } from 'vitest'
import * as z from 'zod'

import { operations } from '../operations/index.ts'
import { openApiDocument } from './document.ts'

const Operation = z.object({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), schema: z.looseObject({}) })),
})
const Document = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({})),
    securitySchemes: z.looseObject({}).optional(),
  }),
})

test('the document has every operation once, and what each refers to', () => {
  const document = Document.parse(openApiDocument())
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  expect(ids.toSorted()).toEqual(operations.map(({ id }) => id).toSorted())
  expect(new Set(ids).size).toBe(ids.length)
  const references = [...JSON.stringify(openApiDocument()).matchAll(/"\$ref":"(?<place>[^"]+)"/g)]
  expect(references.length).toBeGreaterThan(50)
  for (const { groups } of references) {
    const name = groups?.['place']?.replace('#/components/schemas/', '') ?? ''
    expect(document.components.schemas).toHaveProperty(name)
  }
  for (const [path, methods] of Object.entries(document.paths))
    for (const { parameters } of Object.values(methods)) {
      const named = parameters.filter((each) => each.in === 'path').map(({ name }) => `{${name}}`)
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(named)
    }
})

test('numbers of a query are numbers, and what must be given is said', () => {
  const { paths, components } = Document.parse(openApiDocument())
  const limit = paths['/v1/runs']?.['get']?.parameters.find(({ name }) => name === 'limit')
  expect(limit).toMatchObject({
    in: 'query',
    schema: { type: 'integer', minimum: 1, maximum: 1000 },
  })
  expect(components.schemas['EnqueueRequest']).toMatchObject({
    required: ['pipeline'],
    additionalProperties: false,
  })
  expect(components.schemas['Run']).not.toHaveProperty('additionalProperties')
})

test('scopes are told where tokens are needed', () => {
  const secured = Document.parse(openApiDocument())
  expect(secured.paths['/v1/runs']?.['post']?.security).toEqual([{ token: ['run'] }])
  expect(secured.paths['/health']?.['get']?.security).toEqual([])
  const open = Document.parse(openApiDocument({ secured: false }))
  expect(open.paths['/v1/runs']?.['post']?.security).toBeUndefined()
  expect(open.components.securitySchemes).toBeUndefined()
})
