// In the place of Fastify's compilers of schemas, which no route of ours has one for: with ajv and fast-json-stringify they are 400 kB.
module.exports = () => () => {
  throw new Error('a route has a schema for Fastify, but its compilers are not in this bundle');
};
