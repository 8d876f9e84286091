export { contractFile, contractText } from './contract.ts';
export { type Document, parseDocument } from './document.ts';
export type {
  Algorithm,
  AlgorithmEntry,
  ConformanceCase,
  InputRule,
  Located,
  Parameter,
  Parameters,
  ParameterValue,
  Platform,
  PlatformFile,
} from './entry.ts';
export { imageFolders } from './image-folders.ts';
export { checkCatalog, type LoadOptions, loadBase, loadCatalog } from './load.ts';
export { type CheckedParameters, type ParameterFault, parameterFault, validateParameters } from './parameters.ts';
export type { Position } from './positions.ts';
export { hasErrors, type Problem, renderProblem, type Severity, sortProblems } from './problem.ts';
export { ReleasedContracts } from './released-contracts.ts';
export { SOURCE_FILES } from './rules/source-complete.ts';
export { type Checked, compileSchema, SCHEMA_NAMES, type SchemaFault, type SchemaName, type Validator } from './schemas.ts';
export { contentOf, type TreeFile, treeFiles, treeHash } from './tree-hash.ts';
export { type Catalog, type Documents, validateCatalog } from './validate.ts';
