// Generated from schemas/job-event.schema.json by tools/generate-types.ts: change the schema, then run that.
import type { ValidateFunction } from 'ajv';

export const validate: ValidateFunction;
