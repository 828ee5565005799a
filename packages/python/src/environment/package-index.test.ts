import { describe, expect, it } from 'vitest'

import { translatePipConfig } from './package-index.ts'

describe('pip settings for uv', () => {
  it('takes the index, more indexes and local wheels over', () => {
    const list = [
      "global.index-url='https://index.example/simple'",
      String.raw`global.extra-index-url='\nhttps://one.example/simple\nhttps://two.example/simple'`,
      "global.find-links='/wheels /more-wheels'",
      "global.cert='/etc/certs.pem'",
      "global.disable-pip-version-check='1'",
    ].join('\n')
    expect(translatePipConfig(list, {})).toEqual({
      UV_DEFAULT_INDEX: 'https://index.example/simple',
      UV_INDEX: 'https://one.example/simple https://two.example/simple',
      UV_FIND_LINKS: '/wheels,/more-wheels',
      SSL_CERT_FILE: '/etc/certs.pem',
    })
  })

  it("lets pip's environment win over its files, whatever their order", () => {
    const list = ":env:.index-url='https://env.example'\nglobal.index-url='https://file.example'"
    expect(translatePipConfig(list, {})).toEqual({ UV_DEFAULT_INDEX: 'https://env.example' })
  })

  it('leaves a user’s own uv settings alone, also under their older names', () => {
    const list = "global.index-url='https://a.example'\nglobal.extra-index-url='https://b.example'"
    expect(translatePipConfig(list, { UV_INDEX_URL: 'x', UV_INDEX: 'y' })).toEqual({})
  })
})
