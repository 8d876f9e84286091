/** Every class of address that must not be reached through a callback, in every spelling. */
import { describe, expect, it } from 'vitest';
import { hostOf, mayGoTo, urlFault } from './address.ts';

/** IANA's special-purpose registries, and what carries one of those addresses within. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['this network', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['private 10/8', '10.0.0.1'],
  ['private 172.16/12', '172.16.0.1'],
  ['private 172.16/12, its end', '172.31.255.255'],
  ['private 192.168/16', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['carrier-grade NAT, its end', '100.127.255.255'],
  ['loopback', '127.0.0.1'],
  ['loopback, its end', '127.255.255.254'],
  ['link-local', '169.254.0.1'],
  ['the metadata service', '169.254.169.254'],
  ["ECS's credentials", '169.254.170.2'],
  ['IETF assignments', '192.0.0.8'],
  ['documentation', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['benchmarking', '198.18.0.1'],
  ['multicast', '224.0.0.1'],
  ['multicast', '239.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified', '::'],
  ['loopback', '::1'],
  ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
  ['IPv4-mapped private', '::ffff:10.0.0.1'],
  ['IPv4-mapped metadata, in hex', '::ffff:a9fe:a9fe'],
  ['IPv4-compatible loopback', '::7f00:1'],
  ['NAT64 of loopback', '64:ff9b::7f00:1'],
  ['NAT64 of metadata', '64:ff9b::169.254.169.254'],
  ['local NAT64', '64:ff9b:1::1'],
  ['6to4 of a private address', '2002:a00:1::1'],
  ['Teredo', '2001::1'],
  ['link-local', 'fe80::1'],
  ['site-local', 'fec0::1'],
  ['unique local', 'fc00::1'],
  ['unique local', 'fd12:3456::1'],
  ["EC2's metadata service", 'fd00:ec2::254'],
  ['multicast', 'ff02::1'],
  ['documentation', '2001:db8::1'],
  ['discard', '100::1'],
  ['not handed out', '4000::1'],
];
const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.215.14',
  '100.63.255.255',
  '172.32.0.1',
  '2606:4700::1111',
  '2a00:1450:4001::200e',
  '::ffff:8.8.8.8',
];

describe('an address', () => {
  it.each(REFUSED)('of %s is refused: %s', (_class, address) => {
    expect(mayGoTo(address, 'viewer.example', [])).toBe(false);
  });

  it.each(PUBLIC)('that is public may be gone to: %s', (address) => {
    expect(mayGoTo(address, 'viewer.example', [])).toBe(true);
  });

  it.each(['viewer.example', '', '1.2.3', '10.0.0.0/8'])('that is none is refused: %j', (address) => {
    expect(mayGoTo(address, 'viewer.example', ['10.0.0.0/8'])).toBe(false);
  });

  it.each([
    [['10.1.0.0/16'], '10.1.2.3', true],
    [['10.1.0.0/16'], '10.2.2.3', false],
    [['10.1.0.0/16'], '::ffff:10.1.2.3', true],
    [['10.1.2.3'], '10.1.2.3', true],
    [['10.1.2.3'], '10.1.2.4', false],
    [['pacs.hospital.internal'], '10.1.2.3', false],
    [['viewer.example'], '10.1.2.3', true],
    [['fd00::/8'], 'fd12::1', true],
    [['fd00::/8'], 'fe80::1', false],
    [['fd12::1'], 'fd12:0::1', true],
    [['fd00::/8'], '10.0.0.1', false],
  ])('is let through where the platform allows %j: %s is %s', (allowed, address, may) => {
    expect(mayGoTo(address, 'viewer.example', allowed)).toBe(may);
  });
});

describe('the URL of a callback', () => {
  it.each([
    'https://viewer.example/mip?room=1',
    'https://viewer.example:8443/',
    'https://[2606:4700::1111]/',
    'https://10.1.2.3/',
    'http://10.1.2.3:8080/',
    'http://inside.example/',
  ])('may be %s', (url) => {
    expect(urlFault(url, ['10.1.0.0/16', 'inside.example'])).toBeUndefined();
  });

  it.each([
    ['http to a host that is not allowed it', 'http://viewer.example/'],
    ['a user name', 'https://user@viewer.example/'],
    ['a password', 'https://user:secret@viewer.example/'],
    ['another scheme', 'ftp://viewer.example/'],
    ['a file', 'file:///etc/passwd'],
    ['no URL', 'viewer.example'],
    ['a number', 1],
    ['too long', `https://viewer.example/${'a'.repeat(2048)}`],
    ['loopback', 'https://127.0.0.1/'],
    ['loopback in short', 'https://127.1/'],
    ['loopback as a number', 'https://2130706433/'],
    ['loopback in hex', 'https://0x7f000001/'],
    ['loopback in octal', 'https://0177.0.0.1/'],
    ['loopback with a dot at its end', 'https://127.0.0.1./'],
    ['loopback in full-width digits', 'https://１２７.0.0.1/'],
    ['loopback of IPv6', 'https://[::1]/'],
    ['mapped metadata', 'https://[::ffff:169.254.169.254]/'],
    ['metadata', 'http://169.254.169.254/latest/meta-data/'],
  ])('may not have or be %s', (_what, url) => {
    const fault = urlFault(url, ['10.1.0.0/16']);
    expect(fault).toMatch(/^(has|names) /);
    expect(fault).not.toContain('secret');
  });

  it.each(REFUSED)('is not an address of %s, %s', (_class, address) => {
    const url = `https://${address.includes(':') ? `[${address}]` : address}/`;
    expect(urlFault(url, [])).toContain('not public');
  });
});

it('a host is told without brackets and without a dot at its end', () => {
  expect(['https://[::1]/', 'https://a.example./'].map((url) => hostOf(new URL(url)))).toEqual(['::1', 'a.example']);
});
