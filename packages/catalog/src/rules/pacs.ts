import { isIPv4 } from 'node:net';
import { LIMITS } from '@mip/registry/limits';
import { BUILT_IN_PACS } from '@mip/registry/names';
import type { Platform } from '../entry.ts';
import { below } from '../pointer.ts';
import type { Complaint, Rule } from './rule.ts';

/** Every PACS has a name of its own, and the default is one of them. */
export const pacsNames: Rule = {
  name: 'pacs-names',
  severity: 'error',
  reads: [],
  readsPlatform: ['pacs', 'default_pacs'],
  *check({ platforms }) {
    for (const of of platforms) {
      const names = [BUILT_IN_PACS];
      for (const [index, { name }] of of.pacs.entries()) {
        const at = `${below('/pacs', index)}/name`;
        if (name === BUILT_IN_PACS)
          yield { of, pointer: at, message: `${BUILT_IN_PACS} is the platform's own image store; choose another name` };
        else if (names.includes(name))
          yield { of, pointer: at, message: `there are two PACSs called ${name}; choose another name for one` };
        names.push(name);
      }
      if (!names.includes(of.default_pacs)) {
        const known = [...new Set(names)].join(', ');
        yield { of, pointer: '/default_pacs', message: `there is no PACS ${of.default_pacs}; name one of ${known}, or add it to pacs` };
      }
    }
  },
};

/** Images and credentials do not travel in the clear, and an address can be reached from where workers run. */
export const pacsAddresses: Rule = {
  name: 'pacs-addresses',
  severity: 'error',
  reads: [],
  readsPlatform: ['pacs', 'emulated'],
  *check({ platforms }) {
    for (const of of platforms) {
      for (const [index, { url }] of of.pacs.entries()) {
        const message = addressFault(url, of);
        if (message) yield { of, pointer: `${below('/pacs', index)}/url`, message };
      }
    }
  },
};

function addressFault(text: string, { emulated }: Platform): string | undefined {
  const url = URL.parse(text);
  if (!url) return `${text} is no address; write https://host/path`;
  const loopback = isLoopback(url.hostname);
  if (url.protocol === 'http:' && !loopback) return 'images and credentials would travel in the clear; write an address with https';
  if (loopback && !emulated) return `${url.hostname} is the worker itself where tasks run in AWS; write a host that they can reach`;
  return undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}

/** What the router's own variables take beside the list of PACSs. */
const BESIDE = 512;

/** The router gets the list in its environment, and AWS bounds that. */
export const pacsFit: Rule = {
  name: 'pacs-fit',
  severity: 'error',
  reads: [],
  readsPlatform: ['pacs'],
  *check({ platforms }) {
    const most = LIMITS.lambda.environmentBytes - BESIDE;
    for (const of of platforms) {
      const bytes = Buffer.byteLength(JSON.stringify(of.pacs));
      if (bytes > most) yield tooLarge(of, bytes, most);
    }
  },
};

function tooLarge(of: Platform, bytes: number, most: number): Complaint {
  const message = `the PACSs take ${bytes} bytes as JSON, and ${most} fit into the environment of a Lambda; name fewer, or shorten their ca to the root alone`;
  return { of, pointer: '/pacs', message };
}
