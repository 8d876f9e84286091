/** The image of the image store: its bundled server as one OCI layer. In AWS its Dockerfile makes the same. */
import { treeHash } from '@mip/catalog';
import { bundleImageStore, ENVIRONMENT, SERVER } from '@mip/image-store/bundle';
import { TREE_HASH_LABEL } from '@mip/registry';
import { HOME, type Image, imageOf, layerOf, pushImage } from './oci-image.ts';
import { OciRepository } from './oci-registry.ts';

/** What the server is made of; the packages that it is bundled with are those of the lock file. */
const SOURCES = ['packages/image-store/src', 'packages/registry/src'];
const FOLDER = `${HOME}/image-store`;

/** @param entries others than the server's, for a test. */
export async function packImageStore(root: string, entries?: Parameters<typeof bundleImageStore>[0]): Promise<Image> {
  const [files, hash] = await Promise.all([bundleImageStore(entries), treeHash(root, SOURCES)]);
  const content = files.map(({ path, content }) => ({ path: `${FOLDER}/${path}`, content, executable: false }));
  const labels = { [TREE_HASH_LABEL]: hash, 'org.opencontainers.image.title': 'dicomweb' };
  const Env = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const settings = { Entrypoint: ['node', SERVER], WorkingDir: `/${FOLDER}`, Env };
  return imageOf(await layerOf(content), settings, labels);
}

/** Its tag says what it holds: tags of the repository do not move. */
export async function pushImageStore(image: Image, to: { readonly endpoint: string; readonly repository: string }): Promise<string> {
  return pushImage(
    new OciRepository(to.endpoint, to.repository),
    image.digest.replace('sha256:', 'build-').slice(0, 'build-'.length + 12),
    image,
  );
}
