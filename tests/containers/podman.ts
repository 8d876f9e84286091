/** Podman where there is neither Docker nor a registry to pull from: it needs root, and a base image that debootstrap makes. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Debian 12 with its Python 3.11, the one that the SDK's requirements are locked for. Kept between runs: making it takes a minute. */
export const BASE_IMAGE = 'localhost/mip-test-base:bookworm';
const PACKAGES = 'python3,python3-pip,ca-certificates';
/** Certificates that this machine trusts, for the package index. */
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt';
const CONFIGURATION = `
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=1000:1000"]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
`;

export interface Podman {
  /** What a process needs to use it. */
  readonly environment: Readonly<Record<string, string>>;
  run(...args: string[]): Promise<string>;
  close(): void;
}

/** What is missing, in words; undefined where nothing is. */
export function missingForPodman(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, for podman and debootstrap';
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const missing = ['podman', 'runc', 'catatonit', 'debootstrap'].filter(
    (name) => !folders.some((folder) => existsSync(join(folder, name))),
  );
  return missing.length > 0 ? `needs ${missing.join(', ')} (Debian: apt-get install podman runc catatonit debootstrap)` : undefined;
}

export async function openPodman(): Promise<Podman> {
  const folder = mkdtempSync(join(tmpdir(), 'mip-podman-'));
  writeFileSync(join(folder, 'containers.conf'), CONFIGURATION);
  const environment = { CONTAINERS_CONF: join(folder, 'containers.conf'), BUILDAH_ISOLATION: 'chroot' };
  const run = async (...args: string[]) => (await execa('podman', args, { env: environment })).stdout;
  const exists = await execa('podman', ['image', 'exists', BASE_IMAGE], { env: environment, reject: false });
  if (exists.exitCode !== 0) await makeBase(join(folder, 'root'), environment);
  return { environment, run, close: () => rmSync(folder, { recursive: true, force: true }) };
}

async function makeBase(root: string, env: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(root);
  const path = `${process.env.PATH}${delimiter}/usr/sbin`;
  await execa('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, 'bookworm', root], { env: { PATH: path } });
  if (existsSync(join('/', CERTIFICATES))) await copyFile(join('/', CERTIFICATES), join(root, CERTIFICATES));
  const archive = execa('tar', ['--create', '--directory', root, '--exclude=./var/cache/apt/archives/*.deb', '.'], {
    stdout: 'pipe',
    encoding: 'buffer',
    buffer: false,
  });
  await archive.pipe('podman', ['import', '-', BASE_IMAGE], { env });
}
