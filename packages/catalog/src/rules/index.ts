import { allowedPolicy } from './allowed-policy.ts';
import { allowedRegistry } from './allowed-registry.ts';
import { catalogFolder } from './catalog-folder.ts';
import { conformanceAuthority, conformanceCases } from './conformance-cases.ts';
import { defaultInRange } from './default-in-range.ts';
import { fileName } from './file-name.ts';
import { frozenContract, servedContracts } from './frozen-contract.ts';
import { gpuCapacity, gpuInstances } from './gpu-capacity.ts';
import { imageStore } from './image-store.ts';
import { inputRules } from './input-rules.ts';
import { needsBase, needsMajor, needsVersion } from './needs-version.ts';
import { pacsAddresses, pacsFit, pacsNames } from './pacs.ts';
import { physicalNamesFit } from './physical-names.ts';
import type { AcrossRule, Rule } from './rule.ts';
import { scalingRange } from './scaling-range.ts';
import { servedVersions } from './served-versions.ts';
import { settleTime } from './settle-time.ts';
import { similarNames } from './similar-names.ts';
import { sourceComplete } from './source-complete.ts';
import { style } from './style.ts';

/** Every rule beside the schema that looks at one entry at a time. The order does not matter: problems are sorted by place. */
export const RULES: readonly Rule[] = [
  fileName,
  physicalNamesFit,
  sourceComplete,
  defaultInRange,
  inputRules,
  scalingRange,
  gpuCapacity,
  gpuInstances,
  settleTime,
  servedVersions,
  conformanceCases,
  conformanceAuthority,
  allowedPolicy,
  allowedRegistry,
  imageStore,
  catalogFolder,
  pacsNames,
  pacsAddresses,
  pacsFit,
  frozenContract,
  servedContracts,
  needsVersion,
  needsMajor,
];

/** Rules that only warn, for those who review a change; who runs a catalog does not hear of them. */
export const REVIEW_RULES: readonly Rule[] = [needsBase, style];

export const ACROSS_RULES: readonly AcrossRule[] = [similarNames];
