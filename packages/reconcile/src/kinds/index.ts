/** Every kind, in the order in which they are made; they go in the reverse order. */

import { conformance } from './conformance.ts';
import { imageRepository } from './image-repository.ts';
import type { Kind } from './kind.ts';
import { registryEntry } from './registry-entry.ts';
import { requestQueue } from './request-queue.ts';
import { scaling } from './scaling.ts';
import { service } from './service.ts';
import { taskDefinition } from './task-definition.ts';
import { taskRole } from './task-role.ts';

export const KINDS: readonly Kind[] = [
  imageRepository,
  requestQueue,
  taskRole,
  taskDefinition,
  conformance,
  service,
  scaling,
  registryEntry,
];
