import type { Complaint, Rule } from './rule.ts';

/** An entry asks for GPUs only where every platform has them, and for the processor that comes with them. */
export const gpuCapacity: Rule = {
  name: 'gpu-capacity',
  severity: 'error',
  reads: ['gpu', 'architectures'],
  readsPlatform: ['name', 'capacity'],
  *check({ algorithms, platforms }) {
    for (const of of algorithms.filter(({ gpu }) => gpu > 0)) {
      for (const platform of platforms.filter(({ capacity }) => !capacity.gpu)) {
        const message = `platform ${platform.name} has no GPUs; set gpu to 0, or capacity.gpu to true where it has them`;
        yield { of, pointer: '/gpu', message };
      }
      if (of.architectures[0] !== 'amd64')
        yield { of, pointer: '/architectures/0', message: 'the instances with GPUs have x86 processors; put amd64 first' };
    }
  },
};

/** What the instances with GPUs need of their platform. */
export const gpuInstances: Rule = {
  name: 'gpu-instances',
  severity: 'error',
  reads: [],
  readsPlatform: ['emulated', 'network', 'capacity'],
  *check({ platforms }) {
    for (const of of platforms) {
      const { gpu } = of.capacity;
      const complaint = (pointer: string, message: string): Complaint => ({ of, pointer, message });
      if (gpu && of.emulated) yield complaint('/capacity/gpu', 'an emulator has no instances with GPUs; take capacity.gpu away');
      else if (gpu && of.network.nat_gateways === 0)
        yield complaint(
          '/capacity/gpu',
          'ECS gives a task on an instance no public address; set network.nat_gateways to 1 or more, or take capacity.gpu away',
        );
      if (typeof gpu === 'object' && ARM.test(gpu.instance_type ?? ''))
        yield complaint('/capacity/gpu/instance_type', `${gpu.instance_type} has ARM processors; choose a type with x86 processors`);
    }
  },
};

/** `g5g`: the letter behind the generation says Graviton. */
const ARM = /^[a-z]+[0-9]+g/;
