/** Where the contract of a version (`contractOf`) comes from. */

/** Which field of the catalog decides which field of the contract, for a kind whose spec holds it at `/entry`. */
export const CONTRACT_CAUSES: Readonly<Record<string, string>> = {
  '/entry': '',
  '/entry/version': '/version',
  '/entry/description': '/description',
  '/entry/parameters': '/parameters',
  '/entry/input': '/input',
  '/entry/output': '/output',
  '/entry/license': '/license',
  '/entry/regulatory': '/regulatory',
};
