// Says what would be uploaded; like the real one it warns where there is nothing.
const { existsSync, statSync } = require('node:fs');
const { resolve } = require('node:path');

const { INPUT_NAME: name, INPUT_PATH: path } = process.env;
if (!existsSync(resolve(path)))
  console.log(`::warning::No files were found with the provided path: ${path}. No artifacts will be uploaded.`);
else console.log(`uploads ${name}: ${path} (${statSync(resolve(path)).isDirectory() ? 'a folder' : 'a file'})`);
