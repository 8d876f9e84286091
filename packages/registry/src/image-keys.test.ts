import { describe, expect, it } from 'vitest';
import vectors from '../../../schemas/vectors/image-keys.json' with { type: 'json' };
import { hashUid, type ImageLevel, imageKey, imagePrefix } from './image-keys.ts';

describe('keys of images', () => {
  it.each(vectors.hashes)('the $level $uid', ({ secret, level, uid, hash }) => {
    expect(hashUid(secret, level as ImageLevel, uid)).toBe(hash);
  });

  it.each(vectors.keys)('nest instance in series in study: $key', ({ secret, uids, upload, key }) => {
    expect(imageKey(secret, uids, upload)).toBe(key);
    const [root, study, series] = key.split('/');
    expect(imagePrefix(secret, { study: uids.study })).toBe(`${root}/${study}/`);
    expect(imagePrefix(secret, uids)).toBe(`${root}/${study}/${series}/`);
  });
});
