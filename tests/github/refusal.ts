/** The errors that GitHub answers, in its words where they are known. */

export interface FieldError {
  readonly resource: string;
  readonly code: string;
  readonly field?: string;
  readonly message?: string;
}

/** Thrown by an operation instead of an answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;

  constructor(status: number, message: string, errors?: readonly FieldError[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  get body(): object {
    const { message, errors, status } = this;
    return { message, ...(errors && { errors }), documentation_url: 'https://docs.github.com/rest', status: String(status) };
  }
}

export const notFound = (message = 'Not Found'): Refusal => new Refusal(404, message);
export const forbidden = (message = 'Resource not accessible by integration'): Refusal => new Refusal(403, message);
export const conflict = (message: string): Refusal => new Refusal(409, message);
/** 422 with nothing but a sentence, as of the git database. */
export const unprocessable = (message: string): Refusal => new Refusal(422, message);
export const invalid = (...errors: readonly FieldError[]): Refusal => new Refusal(422, 'Validation Failed', errors);

/** GitHub's limit for the text of a comment, an issue and a pull request. */
const LONGEST_BODY = 65_536;

/** @throws Refusal where the text of a comment, an issue or a pull request is too long. */
export function checkLength(resource: 'Issue' | 'IssueComment' | 'PullRequest', body: string | null | undefined): void {
  if ((body?.length ?? 0) <= LONGEST_BODY) return;
  const message = `${resource === 'IssueComment' ? 'Body' : 'body'} is too long (maximum is ${LONGEST_BODY} characters)`;
  if (resource === 'IssueComment') throw invalid({ resource, code: 'unprocessable', field: 'data', message });
  throw invalid({ resource, code: 'custom', field: 'body', message });
}
