import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request, type IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'

import { testSetting } from '../support/test-setting.ts'

const run = promisify(execFile)

/** An authority, a server’s certificate for localhost and a client’s, as PEM files. MLflow depends on this library itself. */
const makeCertificates = `
import datetime, ipaddress, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

folder = sys.argv[1]
now = datetime.datetime.now(datetime.timezone.utc)

def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

def make(file, subject, issuer, issuer_key, *extensions):
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1)))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(issuer_key or key, hashes.SHA256())
    with open(f"{folder}/{file}.pem", "wb") as out:
        out.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(f"{folder}/{file}.key", "wb") as out:
        out.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption()))
    return key

authority = (x509.BasicConstraints(ca=True, path_length=None), True)
ca = make("ca", "Test authority", "Test authority", None, authority)
names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
make("server", "localhost", "Test authority", ca, (names, False))
make("client", "adapter", "Test authority", ca)
make("other", "Other authority", "Other authority", None, authority)
`

/** A front that speaks TLS before a server that does not. */
export interface TlsFront {
  /** `https://localhost:…`, which its certificate is for. */
  readonly uri: string
  /** Files: the authority, another authority, and certificate and key of a client. */
  readonly files: {
    readonly ca: string
    readonly otherCa: string
    readonly cert: string
    readonly key: string
  }
  /** Headers of the last request. */
  readonly headers: IncomingHttpHeaders
  close(): Promise<void>
}

/** Starts a front before `target`; with `asksClients` it takes those only whose certificate its authority has signed. */
export async function startTlsFront(
  target: string,
  { asksClients = false }: { readonly asksClients?: boolean } = {},
): Promise<TlsFront> {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-tls-'))
  const environment = await ensurePythonPackage(
    { name: 'MLflow-auth', requirements: ['Flask-WTF==1.2.2'], announcement: '' },
    { root: testSetting('PIPEWRIGHT_TEST_ROOT') },
  )
  await run(pythonProgram(environment, 'python'), ['-c', makeCertificates, folder])
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  const options = {
    cert: await read('server.pem'),
    key: await read('server.key'),
    ca: await read('ca.pem'),
    requestCert: asksClients,
    rejectUnauthorized: asksClients,
  }
  let seen: IncomingHttpHeaders = {}
  const server = createServer(options, (incoming, outgoing) => {
    seen = incoming.headers
    const headers = { ...incoming.headers, host: new URL(target).host }
    const forwarded = request(
      `${target}${incoming.url}`,
      { method: incoming.method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  // a TCP server's address is never a path
  const { port } = server.address() as AddressInfo
  return {
    uri: `https://localhost:${port}`,
    get headers() {
      return seen
    },
    files: {
      ca: join(folder, 'ca.pem'),
      otherCa: join(folder, 'other.pem'),
      cert: join(folder, 'client.pem'),
      key: join(folder, 'client.key'),
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
