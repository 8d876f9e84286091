import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choose, readAccept } from './negotiate.ts';

const DICOM = { type: 'multipart/related', of: 'application/dicom' };
const SINGLE = { type: 'application/dicom' };
const take = (accept: string | undefined, query?: string) => choose(readAccept(accept, query), [DICOM, SINGLE]);

describe('what a client accepts, PS3.18 §8.7', () => {
  it.each([
    { accept: undefined, chosen: [DICOM, SINGLE] },
    { accept: '*/*', chosen: [DICOM, SINGLE] },
    { accept: 'application/dicom', chosen: [SINGLE] },
    { accept: 'application/*', chosen: [SINGLE] },
    { accept: 'multipart/related', chosen: [DICOM] },
    { accept: 'multipart/related; type="application/dicom"', chosen: [DICOM] },
    { accept: 'multipart/related; type=application/dicom', chosen: [DICOM] },
    { accept: 'Multipart/Related; Type="Application/DICOM"', chosen: [DICOM] },
    { accept: 'multipart/related; type="application/*"', chosen: [DICOM] },
    { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*', chosen: [{ ...DICOM, transferSyntax: '*' }] },
    { accept: 'application/dicom;transfer-syntax="1.2.840.10008.1.2.1"', chosen: [{ ...SINGLE, transferSyntax: '1.2.840.10008.1.2.1' }] },
    { accept: 'multipart/related; type="image/jpeg"', chosen: [] },
    { accept: 'text/html', chosen: [] },
    { accept: 'nonsense', chosen: [] },
    { accept: 'application/dicom;q=0', chosen: [] },
    { accept: 'application/dicom;q=2', chosen: [] },
    { accept: '*/*, multipart/related;q=0', chosen: [SINGLE] },
    { accept: 'application/dicom;q=0.9, multipart/related;q=0.5', chosen: [SINGLE, DICOM] },
    {
      accept:
        'multipart/related; type="application/dicom"; transfer-syntax=1.2.3;q=0.5, multipart/related; type="application/dicom"; transfer-syntax=*',
      chosen: [
        { ...DICOM, transferSyntax: '*' },
        { ...DICOM, transferSyntax: '1.2.3' },
      ],
    },
  ])('$accept', ({ accept, chosen }) => {
    expect(take(accept)).toEqual(chosen);
  });

  it('the query parameter comes before the header, and its plus sign may have become a space', () => {
    expect(take('text/html', 'application/dicom')).toEqual([SINGLE]);
    expect(choose(readAccept(undefined, 'application/dicom json'), [{ type: 'application/dicom+json' }])).toHaveLength(1);
  });

  it('any text is read in time, and what is chosen was offered', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 300 }), fc.stringMatching(/^([a-z*]\/[a-z*];?(q=0\.\d|type="[^"]*"?)?,?){0,20}$/)),
        (accept) => {
          for (const { type } of take(accept)) expect([DICOM.type, SINGLE.type]).toContain(type);
        },
      ),
    );
  });
});
