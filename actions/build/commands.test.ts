import { describe, expect, it } from 'vitest';
import { buildAndPush, buildEverywhere, buildForCases, type ImageSource, login, logout, podmanPush, targetOf } from './commands.ts';

const HASH = `sha256:${'ab'.repeat(32)}`;
const SEG: ImageSource = {
  root: '/work/catalog',
  algorithm: 'seg',
  version: '1.2.3',
  source: 'algorithms/seg',
  treeHash: HASH,
  commit: 'c0ffee',
  architectures: ['amd64', 'arm64'],
  baseImage: '',
};
const ECR = { registry: '123456789012.dkr.ecr.eu-central-1.amazonaws.com', repository: 'mip-seg', insecure: false };
const LOOPBACK = { registry: '127.0.0.1:4566', repository: 'mip-seg', insecure: true };
const ARGUMENTS = `--build-arg TREE_HASH=${HASH} --build-arg VERSION=1.2.3 --build-arg REVISION=c0ffee`;
const CONTEXT = '--file /work/catalog/algorithms/seg/Dockerfile /work/catalog/algorithms';
const FROM = '--cache-from type=gha,scope=mip-seg';
const TO = '--cache-to type=gha,scope=mip-seg,mode=max,ignore-error=true';
const annotated = (level: string) =>
  [
    `mip.tree-hash=${HASH}`,
    'org.opencontainers.image.title=seg',
    'org.opencontainers.image.version=1.2.3',
    'org.opencontainers.image.revision=c0ffee',
  ]
    .map((pair) => `--annotation ${level}${pair}`)
    .join(' ');
const NAME = 'localhost/mip-cases/seg:abab';

describe('the command lines', () => {
  it.each<[string, readonly string[], string]>([
    [
      'docker, an image for the cases',
      buildForCases('docker', SEG, NAME, 'amd64'),
      `docker buildx build --platform linux/amd64 --load --provenance=false --tag ${NAME} ${FROM} ${ARGUMENTS} ${CONTEXT}`,
    ],
    [
      'podman, an image for the cases, which is the one that is pushed',
      buildForCases('podman', SEG, NAME, 'arm64'),
      `podman build --format oci --platform linux/arm64 ${annotated('')} --tag ${NAME} ${ARGUMENTS} ${CONTEXT}`,
    ],
    [
      'docker, every architecture of a pull request',
      buildEverywhere(SEG),
      `docker buildx build --platform linux/amd64,linux/arm64 --output type=cacheonly ${FROM} ${TO} ${ARGUMENTS} ${CONTEXT}`,
    ],
    [
      'docker, a push by digest with provenance and a bill of materials',
      buildAndPush(SEG, ECR, '/tmp/metadata.json'),
      `docker buildx build --platform linux/amd64,linux/arm64 --output type=image,name=${ECR.registry}/mip-seg,push-by-digest=true,name-canonical=true,push=true,oci-mediatypes=true ` +
        `--provenance=mode=max --sbom=true ${annotated('index,manifest:')} --metadata-file /tmp/metadata.json ${FROM} ${TO} ${ARGUMENTS} ${CONTEXT}`,
    ],
    [
      'podman, a push',
      podmanPush(NAME, LOOPBACK, '/tmp/digest'),
      `podman push --format oci --digestfile /tmp/digest --tls-verify=false ${NAME} docker://127.0.0.1:4566/mip-seg:latest`,
    ],
    ['a login', login('docker', ECR, 'AWS'), `docker login --username AWS --password-stdin ${ECR.registry}`],
    [
      'a login to a registry on loopback',
      login('podman', LOOPBACK, 'AWS'),
      'podman login --username AWS --password-stdin --tls-verify=false 127.0.0.1:4566',
    ],
    ['a logout', logout('docker', ECR), `docker logout ${ECR.registry}`],
  ])('%s', (_, command, line) => {
    expect(command.join(' ')).toBe(line);
  });

  it('give another base image where one is asked for', () => {
    expect(buildForCases('podman', { ...SEG, baseImage: 'registry.example/python@sha256:01' }, NAME, 'amd64').join(' ')).toContain(
      '--build-arg BASE=registry.example/python@sha256:01 --build-arg TREE_HASH',
    );
  });

  it('push to a registry on loopback without TLS', () => {
    expect(buildAndPush(SEG, LOOPBACK, 'm').join(' ')).toContain('oci-mediatypes=true,registry.insecure=true --provenance');
  });
});

describe('where an image is pushed to', () => {
  it.each([
    [`${ECR.registry}/mip-seg`, undefined, ECR],
    [`${ECR.registry}/mip-seg`, '', ECR],
    [`${ECR.registry}/mip-seg`, 'http://127.0.0.1:4566', LOOPBACK],
    [`${ECR.registry}/team/seg`, 'https://aws.example', { registry: 'aws.example', repository: 'team/seg', insecure: false }],
  ])('%s with endpoint %s', (uri, endpoint, target) => {
    expect(targetOf(uri, endpoint)).toEqual(target);
  });
});
