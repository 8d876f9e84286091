/**
 * The main job with each kind of PACS: the platform's own image store, Orthanc over DICOMweb, and Orthanc as the gateway of a PACS that
 * speaks only DIMSE (dcmqrscp). An image goes in as that PACS takes images; a viewer posts the job; the result is pixel for pixel that of
 * the reference, and is found in the PACS by the PACS's own search.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { emulatorConnection } from '@mip/local/environment';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { Cloud, checkResult, copyRepository, type Json, testImage } from '../cloud.ts';
import { type Orthanc, startOrthanc } from '../orthanc.ts';

const needed = ['Orthanc', 'storescu', 'findscu', 'dcmqrscp'];
const python = join(import.meta.dirname, '../../.venv/bin/python');
const missing = needed.filter((program) => spawnSync('which', [program]).status !== 0);
const PARAMETERS = { center: 40, width: 400 };
const SOURCE = 'explicit_VR-UN.dcm';
const UIDS = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'] as const;

describe.skipIf(missing.length > 0)(`the main job with each PACS (needs ${needed.join(', ')})`, () => {
  const repository = copyRepository('window-level');
  const scratch = mkdtempSync(join(tmpdir(), 'mip-pacs-'));
  const cloud = new Cloud(repository);
  const source = testImage(SOURCE);
  const repaired = join(scratch, 'repaired.dcm');
  let pacs: Orthanc;
  let gateway: Orthanc;
  let dimse: DimsePacs;
  let environment: Record<string, string>;

  beforeAll(async () => {
    repair(source, repaired);
    dimse = await startDimsePacs(join(scratch, 'dimse'));
    pacs = await startOrthanc('mip:of-the-pacs');
    gateway = await startOrthanc('mip:of-the-gateway', gatewayConfiguration(dimse.port));
    edit(join(repository, 'catalog/platforms/local.yaml'), (file) => {
      file.set('pacs', [
        { name: 'hospital', url: pacs.url, credentials: true, rate: { requests_per_second: 50, concurrent: 4 } },
        { name: 'gateway', url: gateway.url, credentials: true },
      ]);
    });
    edit(join(repository, 'catalog/algorithms/window-level.yaml'), (file) => file.setIn(['output', 'store'], ['s3', 'pacs']));
    const started = cloud.start();
    await fillSecrets(cloud, {
      hospital: { username: 'mip', password: 'of-the-pacs' },
      gateway: { username: 'mip', password: 'of-the-gateway' },
    });
    expect(await started, cloud.printed).toBe(undefined);
    environment = cloud.environment;
  }, 240_000);

  afterAll(async () => {
    await cloud.remove();
    for (const part of [pacs, gateway, dimse]) await part?.stop();
    for (const folder of [repository, scratch]) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** A viewer's job on the image; its result as a file, held against the reference. */
  async function mainJob(name: string): Promise<string> {
    const [study_uid, series_uid, instance_uid] = uidsOf(source);
    const body = { job_id: `main-${name}`, pacs: { study_uid, series_uid, instance_uid, source: name }, parameters: PARAMETERS };
    const accepted = await cloud.post('window-level', body);
    expect(accepted.status, await accepted.clone().text()).toBe(202);
    const job = await cloud.endedJob(body.job_id);
    expect(job).toMatchObject({ state: 'succeeded', pacs_delivery: { pacs: name, state: 'stored' } });
    const file = join(scratch, `${name}.dcm`);
    const { href } = job.results.find((one: { name: string }) => one.name.endsWith('.dcm'));
    writeFileSync(file, Buffer.from(await (await cloud.call(href)).arrayBuffer()));
    expect(checkResult('window-level', source, file, PARAMETERS)).toMatchObject({ equal: true });
    return file;
  }

  /** QIDO-RS: the instance, by its UIDs. */
  async function found(url: string, headers: Record<string, string>, file: string): Promise<readonly Json[]> {
    const [study, series, instance] = uidsOf(file);
    const answer = await fetch(`${url}/studies/${study}/series/${series}/instances?SOPInstanceUID=${instance}`, {
      headers: { accept: 'application/dicom+json', ...headers },
    });
    return answer.status === 204 ? [] : ((await answer.json()) as Json[]);
  }

  it('the built-in store: imported, processed, found beside its image', { timeout: 60_000 }, async () => {
    const imported = cloud.mip(['import', source, '--json']);
    expect(imported.code, imported.err).toBe(0);
    const result = await mainJob('built-in');
    expect(await found(environment.MIP_DICOMWEB_URL ?? '', { 'x-api-key': environment.MIP_API_KEY ?? '' }, result)).toHaveLength(1);
  });

  it('Orthanc over DICOMweb: stored there, processed, found there', { timeout: 60_000 }, async () => {
    expect(Object.values(await pacs.store(readFileSync(repaired)))).toEqual(uidsOf(source));
    const result = await mainJob('hospital');
    expect(await found(pacs.url, pacs.authorization, result)).toHaveLength(1);
  });

  it('a PACS that speaks only DIMSE: storescu in, result found by findscu', { timeout: 60_000 }, async () => {
    const sent = spawnSync('storescu', ['-aec', 'MIPGATEWAY', '127.0.0.1', String(gateway.dicomPort), repaired], { encoding: 'utf8' });
    expect(sent.status, sent.stderr).toBe(0);
    const result = await mainJob('gateway');
    const [study, series, instance] = uidsOf(result);
    await expect.poll(() => dimse.find({ study, series, instance }), { timeout: 30_000, interval: 250 }).toContain(instance);
  });

  // A look that takes longer than its 300 ms says nothing, and the job is accepted: on a machine that is busy, the next look may do.
  it.each(['built-in', 'hospital', 'gateway'])(
    'a UID that %s does not have is a 404 that names the level',
    { timeout: 60_000 },
    async (name) => {
      const uids = { study_uid: '1.2.3', series_uid: '1.2.4', instance_uid: '1.2.5' };
      let tries = 0;
      const ask = async () => {
        tries += 1;
        const answer = await cloud.post('window-level', { job_id: `none-${name}-${tries}`, pacs: { ...uids, source: name } });
        const said: Json = await answer.json();
        return answer.status === 404 ? said.detail : said.admission.state;
      };
      await expect.poll(ask, { timeout: 30_000, interval: 500 }).toMatch(/study/);
    },
  );
});

function edit(file: string, change: (document: ReturnType<typeof parseDocument>) => void): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  change(document);
  writeFileSync(file, document.toString());
}

/** The gateway of docs/connect-a-pacs.md, on free ports, with the PACS of this test behind it. */
function gatewayConfiguration(port: number): Record<string, unknown> {
  const folder = join(import.meta.dirname, '../../docs/orthanc');
  const { DicomAet, LuaScripts, DicomCheckCalledAet } = JSON.parse(readFileSync(join(folder, 'gateway.json'), 'utf8'));
  return {
    DicomAet,
    DicomCheckCalledAet,
    LuaScripts: LuaScripts.map((script: string) => join(folder, script)),
    DicomModalities: { pacs: ['PACS', '127.0.0.1', port] },
  };
}

/** The platform makes the secrets with nothing of use in them, well before it starts a worker; what they hold is the operator's to say. */
async function fillSecrets(cloud: Cloud, secrets: Record<string, object>): Promise<void> {
  const client = new SecretsManagerClient(emulatorConnection(await cloud.emulator(), 'eu-central-1'));
  for (const [name, value] of Object.entries(secrets)) {
    const put = new PutSecretValueCommand({ SecretId: `mip/pacs/${name}`, SecretString: JSON.stringify(value) });
    for (;;) {
      const done = await client.send(put).catch((error: unknown) => error);
      if (!(done instanceof ResourceNotFoundException)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Every element of the image says that its VR is unknown, which DCMTK does not take, so no PACS would have it so: the same with its VRs. */
function repair(source: string, target: string): void {
  const script =
    'import pydicom,sys;d=pydicom.dcmread(sys.argv[1]);d.decompress(generate_instance_uid=False);list(d.iterall());d.save_as(sys.argv[2])';
  const done = spawnSync(python, ['-c', script, source, target], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
}

function uidsOf(file: string): readonly string[] {
  const script = `import pydicom,sys;d=pydicom.dcmread(sys.argv[1],stop_before_pixels=True);print(${UIDS.map((uid) => `d.${uid}`).join(',')})`;
  return spawnSync(python, ['-c', script, file], { encoding: 'utf8' }).stdout.trim().split(' ');
}

interface DimsePacs {
  readonly port: number;
  find(uids: { study?: string | undefined; series?: string | undefined; instance?: string | undefined }): string;
  stop(): Promise<void>;
}

/** DCMTK's image archive: C-STORE and C-FIND, and nothing else. */
async function startDimsePacs(folder: string): Promise<DimsePacs> {
  const port = await getPort({ host: '127.0.0.1' });
  mkdirSync(folder, { recursive: true });
  const configuration = ['HostTable BEGIN', 'HostTable END', 'VendorTable BEGIN', 'VendorTable END', 'AETable BEGIN'];
  writeFileSync(
    join(folder, 'dcmqrscp.cfg'),
    [
      `NetworkTCPPort = ${port}`,
      'MaxPDUSize = 16384',
      'MaxAssociations = 16',
      ...configuration,
      `PACS ${folder} RW (200, 1024mb) ANY`,
      'AETable END',
      '',
    ].join('\n'),
  );
  const child = spawn('dcmqrscp', ['-c', join(folder, 'dcmqrscp.cfg')], { stdio: 'ignore' });
  return {
    port,
    find({ study, series, instance }) {
      const keys = ['QueryRetrieveLevel=IMAGE', `StudyInstanceUID=${study}`, `SeriesInstanceUID=${series}`, `SOPInstanceUID=${instance}`];
      const done = spawnSync('findscu', ['-S', '-aec', 'PACS', ...keys.flatMap((key) => ['-k', key]), '127.0.0.1', String(port)], {
        encoding: 'utf8',
      });
      return readdirSync(folder).some((file) => file !== 'dcmqrscp.cfg') ? done.stdout + done.stderr : '';
    },
    async stop() {
      child.kill('SIGKILL');
    },
  };
}
