/** How images in an ECR are named: `account.dkr.ecr.region.amazonaws.com/repository`, and a tag or a digest. Pure. */

export interface EcrName {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
  /** Empty where only the registry is named. */
  readonly repository: string;
}

const NAME = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\/([^:@]+)(?:[:@].*)?)?$/;

export function ecrRegistry(account: string, region: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com`;
}

/** Whose ECR a registry, a repository or an image is in, and where there; undefined for what is in none. */
export function parseEcrName(name: string): EcrName | undefined {
  const [, account, region, repository = ''] = NAME.exec(name) ?? [];
  return account === undefined || region === undefined ? undefined : { account, region, repository };
}
