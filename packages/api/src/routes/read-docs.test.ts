import { load } from 'cheerio';
import { describe, expect, it } from 'vitest';
import { setUp } from '../testing/requests.ts';
import { ADMIN_ROUTES } from './admin.ts';
import { ROUTER_ROUTES } from './router.ts';

const { app } = setUp();

describe('the page', () => {
  it('loads what it needs from this API alone, and runs nothing that is inline', async () => {
    const page = await app.inject({ url: '/docs' });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const $ = load(page.body);
    const sources = [...$('script').map((_, one) => $(one).attr('src')), ...$('link').map((_, one) => $(one).attr('href'))];
    expect(sources).toHaveLength($('script, link').length);
    expect($('style, [style]').length + $('script').text().length).toBe(0);
    for (const source of sources) {
      const { pathname, origin } = new URL(source ?? '', 'http://here/docs');
      expect(origin).toBe('http://here');
      expect((await app.inject({ url: pathname })).statusCode, pathname).toBe(200);
    }
  });

  it.each(['/docs', '/docs/start.js', '/docs/swagger-ui.css'])('%s forbids the rest to the browser', async (url) => {
    const { headers } = await app.inject({ url });
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split('; ')
        .map((one) => [one.split(' ')[0], one.split(' ').slice(1).join(' ')]),
    );
    expect(policy).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'frame-ancestors': "'none'" });
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(['package.json', '..%2Fpackage.json', '__proto__', 'openapi.json', 'index.html'])('has no file %s', async (file) => {
    expect((await app.inject({ url: `/docs/${file}` })).statusCode).toBe(404);
  });

  it('asks for the document where it is', async () => {
    const { body } = await app.inject({ url: '/docs/start.js' });
    expect(body).toContain("url: 'openapi.json'");
    expect((await app.inject({ url: '/openapi.json' })).json()).toMatchObject({ openapi: '3.1.1', servers: [{ url: '/' }] });
  });
});

it('every route says the part that serves it', () => {
  expect(ROUTER_ROUTES.filter(({ part }) => part !== 'router')).toEqual([]);
  expect(ADMIN_ROUTES.filter(({ part }) => part !== 'admin')).toEqual([]);
});
