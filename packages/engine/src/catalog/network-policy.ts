import { BlockList, isIP, isIPv6 } from 'node:net'

import { ConfigError } from '../errors.ts'

/** Where datasets may be read from over HTTP, and how much. */
export interface NetworkPolicy {
  /**
   * Hosts of private networks that may be reached all the same: a name, an address, each also with `:port`, or a range such
   * as `10.0.0.0/8`. Default: none.
   */
  readonly allow: readonly string[]
  /** Bytes of one body that is read whole, after decompression. */
  readonly maxBytes: number
}

/** Only public addresses, and bodies up to 1 GiB. */
export const publicOnly: NetworkPolicy = { allow: [], maxBytes: 1024 ** 3 }

/** Networks of IPv4 that are not the public internet: private, loopback, link-local (metadata services), reserved. */
const closedV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const
/** Of IPv6 only 2000::/3 is public, and of it not these: they are reserved, or stand for addresses of IPv4. */
const closedV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

const closed = { ipv4: new BlockList(), ipv6: new BlockList() }
for (const [network, bits] of closedV4) closed.ipv4.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of closedV6) closed.ipv6.addSubnet(network, bits, 'ipv6')
const globalV6 = new BlockList()
globalV6.addSubnet('2000::', 3, 'ipv6')

/** True for an address of the public internet. */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed.ipv4.check(address, 'ipv4')
    case 6:
      return globalV6.check(address, 'ipv6') && !closed.ipv6.check(address, 'ipv6')
    default:
      return false
  }
}

/** Whether a policy lets a request go to an address that a host's name stands for. */
export function admits(
  { allow }: NetworkPolicy,
  target: { readonly host: string; readonly port: string; readonly address: string },
): boolean {
  return isPublic(target.address) || allow.some((entry) => covers(entry, target))
}

function covers(
  entry: string,
  {
    host,
    port,
    address,
  }: { readonly host: string; readonly port: string; readonly address: string },
): boolean {
  const range = rangeOf(entry)
  if (range !== undefined) return isWithin(range, address)
  const { name, port: wanted } = hostOf(entry)
  if (wanted !== undefined && wanted !== port) return false
  return name === host.toLowerCase() || name === address
}

interface Range {
  readonly network: string
  readonly bits: number
}

function rangeOf(entry: string): Range | undefined {
  const { network = '', bits } =
    /^(?<network>[0-9a-f:.]+)\/(?<bits>\d{1,3})$/i.exec(entry)?.groups ?? {}
  if (bits === undefined || isIP(network) === 0) return undefined
  return Number(bits) <= (isIPv6(network) ? 128 : 32) ? { network, bits: Number(bits) } : undefined
}

function isWithin({ network, bits }: Range, address: string): boolean {
  const type = isIPv6(network) ? 'ipv6' : 'ipv4'
  if (isIP(address) !== isIP(network)) return false
  const list = new BlockList()
  list.addSubnet(network, bits, type)
  return list.check(address, type)
}

function hostOf(entry: string): { readonly name: string; readonly port: string | undefined } {
  const { bracketed, plain, port } =
    /^(?:\[(?<bracketed>[0-9a-f:]+)\]|(?<plain>[^:/\s]+))(?::(?<port>\d{1,5}))?$/i.exec(entry)
      ?.groups ?? {}
  // An address of IPv6 without brackets.
  const name = bracketed ?? plain ?? entry
  return { name: name.toLowerCase(), port }
}

/** False for text that can be no entry of `network.allow`. */
export function isAllowEntry(entry: string): boolean {
  if (entry.includes('/')) return rangeOf(entry) !== undefined
  return (
    isIPv6(entry) ||
    /^(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::\d{1,5})?$/i.test(entry)
  )
}

/** The error of an address that the policy does not admit. */
export function addressRefused(url: URL, address: string): ConfigError {
  const what = address === host(url) ? address : `${host(url)}, which is ${address}`
  return new ConfigError(
    'STORAGE_ADDRESS_REFUSED',
    `Pipewright does not read from ${what}: that is no address of the public internet.`,
    {
      hint: `If it is meant, allow it in pipewright.yml: network: { allow: ['${host(url)}${url.port === '' ? '' : `:${url.port}`}'] }`,
    },
  )
}

/** Host of an address, one of IPv6 without its brackets. */
export function host(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}
