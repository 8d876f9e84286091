import { LIMITS } from '@mip/registry/limits';
import type { Platform } from '../entry.ts';
import { isAllowedImage } from './allowed-registry.ts';
import type { Complaint, Rule } from './rule.ts';

/** What Fargate, the load balancer and the platform's own policy ask of the image store. */
export const imageStore: Rule = {
  name: 'image-store',
  severity: 'error',
  reads: [],
  readsPlatform: ['account', 'regions', 'images', 'network', 'image_store'],
  *check({ platforms }) {
    for (const of of platforms) yield* faultsOf(of);
  },
};

function* faultsOf(of: Platform): Iterable<Complaint> {
  const { cpu, memory, image_uri: uri, certificate_arn: certificate } = of.image_store;
  const complaint = (field: string, message: string): Complaint => ({ of, pointer: `/image_store/${field}`, message });
  const sold = LIMITS.fargate.memory[cpu] ?? [];
  if (!sold.includes(memory))
    yield complaint('memory', `Fargate sells ${sold.join(', ')} MiB with cpu ${cpu}, not ${memory}; choose one of those`);
  if (certificate) {
    const [, , , region] = certificate.split(':');
    const others = of.regions.filter((one) => one !== region);
    if (others.length)
      yield complaint(
        'certificate_arn',
        `a load balancer takes a certificate of its own region, and the platform also runs in ${others.join(', ')}; leave certificate_arn and domain out, or split the platform`,
      );
  }
  if (uri === undefined) return;
  if (!isAllowedImage(uri, of))
    yield complaint(
      'image_uri',
      `the platform takes no image from ${uri.split('/')[0]}; push it to the platform's own ECR, or add the registry to images.allowed_registries`,
    );
  if (of.network.availability_zones < LIMITS.elb.zones)
    yield {
      of,
      pointer: '/network/availability_zones',
      message: `the image store's load balancer needs ${LIMITS.elb.zones} zones; write ${LIMITS.elb.zones} or more`,
    };
}
