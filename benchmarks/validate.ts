/** The process that the validate cases time: the catalog of a repository, all rules on. Prints how many files, and which are faulty. */
import { checkCatalog } from '@mip/catalog/load';

async function validate(repository: string): Promise<void> {
  const { algorithms, problems } = await checkCatalog(repository);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const faulty = [...new Set(errors.map(({ file }) => file.split('/').at(-1)))];
  process.stdout.write(`${JSON.stringify({ files: algorithms.length + faulty.length, faulty })}\n`);
}

void validate(process.argv[2] ?? '');
