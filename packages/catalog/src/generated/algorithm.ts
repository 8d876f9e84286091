// Generated from schemas/algorithm.schema.json by tools/generate-types.ts: change the schema, then run that.

/**
 * One entry of the catalog: an algorithm, what it takes, what it gives, how much of the machine it needs and who answers for it. The file name is its name.
 */
export interface AlgorithmEntry {
  /**
   * The algorithm's name, which is also the file's name and part of every physical name.
   */
  name: string;
  /**
   * The version that requests get when they ask for none: semantic versioning, x.y.z.
   */
  version: string;
  /**
   * What the algorithm does, in a sentence or two for people.
   */
  description: string;
  /**
   * Whether the algorithm takes jobs; reconcile alone writes the registry's third state, failed.
   */
  status?: 'active' | 'inactive';
  /**
   * How the algorithm is written: Python, or a C library with OpenMP behind a Python adapter.
   */
  algorithm_type: 'python' | 'openmp';
  /**
   * The folder the image is built from.
   */
  source?: string;
  /**
   * The ready-made image the algorithm runs from, pinned by digest.
   */
  image_uri?: string;
  /**
   * The task's CPU, in units of 1/1024 of a core.
   */
  cpu: number;
  /**
   * The task's memory, in MiB.
   */
  memory: number;
  /**
   * The processor architectures the image is built for.
   *
   * @minItems 1
   * @maxItems 2
   *
   * Items: One architecture.
   */
  architectures?: ('amd64' | 'arm64')[];
  /**
   * The number of GPUs a task needs; above 0 only where the platform has GPUs.
   */
  gpu?: number;
  /**
   * The longest a job may run, in seconds; at most 11 hours, which SQS's visibility limit allows.
   */
  timeout?: number;
  /**
   * How much memory a job needs, so that what cannot fit is refused before it is queued.
   */
  memory_model?: {
    /**
     * What a job needs whatever its image, in MiB.
     */
    base_mib: number;
    /**
     * What it needs on top for each voxel of the input, in bytes.
     */
    bytes_per_voxel: number;
  };
  /**
   * How many tasks run, and what decides it: the queue's backlog, CPU or memory, one of them.
   */
  scaling?: {
    /**
     * The tasks that always run; 0 scales to zero.
     */
    min?: number;
    /**
     * The most tasks that may run.
     */
    max?: number;
    /**
     * The jobs waiting for each running task at which another is started.
     */
    backlog_per_task?: number;
    /**
     * The mean CPU use to hold, in percent; needs min of at least 1.
     */
    cpu_target?: number;
    /**
     * The mean memory use to hold, in percent; needs min of at least 1.
     */
    memory_target?: number;
  };
  /**
   * The request queue's settings, where the defaults (900 s, 3 receives, 14 days) do not fit.
   */
  queue?: {
    /**
     * How long a received message stays hidden, in seconds.
     */
    visibility_timeout?: number;
    /**
     * After how many receives a message goes to the dead letters.
     */
    max_receives?: number;
    /**
     * How long a message is kept, in days.
     */
    retention_days?: number;
  };
  /**
   * The parameters a request may carry, by name.
   */
  parameters?: {
    /**
     * One parameter of a request.
     */
    [k: string]: {
      /**
       * The parameter's type; an enum takes one of its values.
       */
      type: 'int' | 'float' | 'bool' | 'string' | 'enum';
      /**
       * The value used when a request leaves the parameter out; without it the parameter is optional and absent.
       */
      default?: number | string | boolean;
      /**
       * The smallest value accepted, in the parameter's unit.
       */
      minimum?: number;
      /**
       * The largest value accepted, in the parameter's unit.
       */
      maximum?: number;
      /**
       * The words an enum accepts, in the order they are shown.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One word.
       */
      values?: string[];
      /**
       * The UCUM code of the values, such as [hnsf'U] for Hounsfield units or mm.
       */
      unit?: string;
      /**
       * What the parameter does, in a sentence.
       */
      description?: string;
    };
  };
  /**
   * What the algorithm takes.
   */
  input: {
    /**
     * What a request may name: one instance, a series, or a study; the most specific UID given decides.
     *
     * @minItems 1
     * @maxItems 3
     *
     * Items: One scope.
     */
    scope: ('instance' | 'series' | 'study')[];
    /**
     * What the samples mean: stored values, after the modality transform, or Hounsfield units of a CT.
     */
    units: 'stored' | 'modality' | 'hu';
    /**
     * The DICOM modalities accepted; all, where it is left out.
     *
     * @minItems 1
     * @maxItems 64
     *
     * Items: One modality, as in DICOM's attribute Modality.
     */
    modalities?: string[];
    /**
     * Further rules on the input, checked before a job is queued and again by the worker.
     *
     * @maxItems 64
     *
     * Items: One rule on the input: a tag or a fact, and one comparison.
     */
    rules?: {
      /**
       * The DICOM attribute the rule looks at: its keyword, or its tag as eight hexadecimal digits.
       */
      tag?: string;
      /**
       * The derived fact the rule looks at, instead of a tag.
       */
      fact?: 'spacing_mm' | 'slices' | 'orientation' | 'uniform' | 'is_derived_by_mip';
      /**
       * The one value accepted.
       */
      equals?: string | number | boolean;
      /**
       * The values accepted.
       *
       * @minItems 1
       * @maxItems 64
       *
       * Items: One value.
       */
      one_of?: (string | number | boolean)[];
      /**
       * A regular expression that the value has to match somewhere.
       */
      matches?: string;
      /**
       * The closed range the value has to lie in; a bound that is left out is open.
       */
      range?: {
        /**
         * The smallest value accepted, in the range's unit.
         */
        minimum?: number;
        /**
         * The largest value accepted, in the range's unit.
         */
        maximum?: number;
        /**
         * The UCUM code of both bounds, 1 for a count.
         */
        unit: string;
      };
      /**
       * Whether the attribute has to be there (true) or has to be absent (false).
       */
      present?: boolean;
      /**
       * What a failed rule does: reject refuses the request, warn notes it on the job.
       */
      severity: 'reject' | 'warn';
      /**
       * Why the rule is there, in a sentence.
       */
      description?: string;
    }[];
  };
  /**
   * What the algorithm gives.
   */
  output: {
    /**
     * What comes out: images, a segmentation, or measurements alone.
     */
    kind: 'image' | 'segmentation' | 'measurements';
    /**
     * Where results go: the results bucket (s3), and the PACS.
     *
     * @minItems 1
     * @maxItems 2
     *
     * Items: One destination.
     */
    store?: ('s3' | 'pacs')[];
    /**
     * The segments of a segmentation, in the order of their numbers.
     *
     * @minItems 1
     * @maxItems 255
     *
     * Items: One segment of the segmentation, with its codes.
     */
    segments?: {
      /**
       * The segment's name as viewers show it; ASCII, 64 characters at most (DICOM LO).
       */
      label: string;
      /**
       * The segment's category code: scheme, a space, the code.
       */
      category: string;
      /**
       * The segment's type code: scheme, a space, the code.
       */
      type: string;
      /**
       * The side of the body the segment lies on.
       */
      laterality?: 'right' | 'left' | 'bilateral';
      /**
       * The recommended display colour, as #rrggbb (sRGB).
       */
      color?: string;
      /**
       * How the segment is found.
       */
      algorithm?: 'automatic' | 'semiautomatic';
    }[];
    /**
     * The measurements that are reported.
     *
     * @minItems 1
     * @maxItems 255
     *
     * Items: One measurement, with its codes.
     */
    measurements?: {
      /**
       * The measurement's name as it is shown; ASCII.
       */
      name: string;
      /**
       * The concept code: scheme, a space, the code.
       */
      concept: string;
      /**
       * The UCUM code of the value.
       */
      unit: string;
    }[];
  };
  /**
   * The cases a version has to pass before it answers a client's job.
   *
   * @minItems 1
   * @maxItems 64
   *
   * Items: One conformance case: an image, parameters, and what has to come out.
   */
  conformance?: {
    /**
     * The case's name, unique in the entry.
     */
    name: string;
    /**
     * The input image: a package's file, a file of the repository with licence and source, or a phantom.
     */
    image: {
      /**
       * The Python package that ships the file, found by pydicom.data.get_testdata_file.
       */
      package?: 'pydicom' | 'pydicom-data';
      /**
       * The file's name in the package, or its path in this repository.
       */
      file?: string;
      /**
       * A variant of the phantom of tools/phantom, such as standard-small.
       */
      phantom?: string;
      /**
       * The licence of a file that lies in this repository.
       */
      license?: string;
      /**
       * Where a file that lies in this repository came from.
       */
      source?: string;
    };
    /**
     * The parameters of the request; those left out take their defaults.
     */
    parameters?: {
      /**
       * The value given.
       */
      [k: string]: string | number | boolean;
    };
    /**
     * Who says what is right: an oracle under tests/oracles, the phantom's ground truth, or an earlier recorded result.
     */
    expected_by: 'oracle' | 'ground-truth' | 'recorded';
    /**
     * What the result has to be, and how close.
     */
    expect: {
      /**
       * The script that computes the expected result; it imports neither the SDK nor the algorithm.
       */
      oracle?: string;
      /**
       * The file with the expected mask, a NumPy archive.
       */
      mask?: string;
      /**
       * What of the phantom the result's mask has to be, such as liver.
       */
      truth?: string;
      /**
       * SHA-256 over shape, type and little-endian samples of the expected result.
       */
      pixels_sha256?: string;
      /**
       * The outcome the job has to end with.
       */
      outcome?: 'found' | 'nothing-found' | 'not-applicable' | 'done';
      /**
       * The error code the job has to fail with.
       */
      error?: string;
      /**
       * Whether the number of components has to be equal.
       */
      components?: 'equal';
      /**
       * The largest absolute difference of one sample, in output units.
       */
      max_abs?: number;
      /**
       * The largest fraction of samples that may differ, 0 to 1.
       */
      fraction_different?: number;
      /**
       * The smallest Dice coefficient accepted, 0 to 1.
       */
      dice_min?: number;
      /**
       * The largest 95th-percentile Hausdorff distance accepted, in millimetres.
       */
      hausdorff95_mm_max?: number;
      /**
       * The largest relative difference in volume, 0 to 1.
       */
      volume_rel?: number;
    };
  }[];
  /**
   * How far results may move from one version to the next without the clinical owner's approval.
   */
  change_budget?: {
    /**
     * The largest absolute difference of one sample, in output units.
     */
    max_abs?: number;
    /**
     * The largest fraction of samples that may differ, 0 to 1.
     */
    fraction_different?: number;
    /**
     * The smallest Dice coefficient accepted, 0 to 1.
     */
    dice_min?: number;
    /**
     * The largest 95th-percentile Hausdorff distance accepted, in millimetres.
     */
    hausdorff95_mm_max?: number;
    /**
     * The largest relative difference in volume, 0 to 1.
     */
    volume_rel?: number;
  };
  /**
   * Further versions that are served beside the default one.
   *
   * @minItems 1
   * @maxItems 32
   *
   * Items: A further version that is served beside the default one.
   */
  releases?: {
    /**
     * The version that is served beside the entry's own.
     */
    version: string;
    /**
     * The share of unversioned requests it gets, in percent; within one major version only.
     */
    weight?: number;
    /**
     * Whether answers carry a notice that the version will go.
     */
    deprecated?: boolean;
    /**
     * Whether the version refuses new jobs.
     */
    yanked?: boolean;
  }[];
  /**
   * The GitHub users or teams that answer for the entry.
   *
   * @minItems 1
   * @maxItems 16
   *
   * Items: A GitHub user or team.
   */
  owners: string[];
  /**
   * The GitHub user or team that approves changes of results.
   */
  clinical_owner?: string;
  /**
   * The task role that is shared by algorithms with the same needs, once a fleet is too large for one role each.
   */
  role_class?: string;
  /**
   * Whether the algorithm gets alarms of its own.
   */
  critical?: boolean;
  /**
   * The licence of the algorithm, as an SPDX expression.
   */
  license: string;
  /**
   * The regulatory status of the algorithm.
   */
  regulatory?: {
    /**
     * Whether an authority has cleared the algorithm: research (not for diagnosis), investigational, or cleared.
     */
    status?: 'research' | 'investigational' | 'cleared';
    /**
     * Where the status holds, such as EU or US.
     */
    jurisdiction?: string;
    /**
     * The certificate or file number behind the status.
     */
    reference?: string;
  };
  /**
   * What the algorithm is meant for, and for whom.
   */
  intended_use?: string;
  /**
   * Where it fails, and what it was not tested on.
   */
  limitations?: string;
  /**
   * Papers and pages about the method.
   *
   * @minItems 1
   * @maxItems 32
   *
   * Items: One reference.
   */
  references?: string[];
}
