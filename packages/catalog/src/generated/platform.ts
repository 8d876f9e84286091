// Generated from schemas/platform.schema.json by tools/generate-types.ts: change the schema, then run that.

/**
 * One platform: where the catalog runs, how large things may be, and what is allowed there.
 */
export interface PlatformFile {
  /**
   * The platform's name, which is also the file's name.
   */
  name: string;
  /**
   * The value of the tag mip:managed-by on everything that this catalog owns.
   */
  catalog_id: string;
  /**
   * The start of every physical name, at most 12 characters.
   */
  prefix?: string;
  /**
   * The AWS account, 12 digits.
   */
  account: string;
  /**
   * The AWS regions, the home region first.
   *
   * @minItems 1
   * @maxItems 8
   *
   * Items: One region.
   */
  regions: string[];
  /**
   * Whether the endpoint is an AWS emulator, which refuses some types of resource; the platform then goes without those.
   */
  emulated?: boolean;
  /**
   * A file, relative to the repository, with AWS_ and MIP_ variables that the command line loads where they are not set.
   */
  environment_file?: string;
  /**
   * The network the tasks run in.
   */
  network?: {
    /**
     * The address range of the network, as IPv4 CIDR of /16 to /24.
     */
    cidr?: string;
    /**
     * The number of availability zones used.
     */
    availability_zones?: number;
    /**
     * The number of NAT gateways; 0 leaves tasks to VPC endpoints.
     */
    nat_gateways?: number;
  };
  /**
   * Policies for container images.
   */
  images?: {
    /**
     * Whether a version's tag may move to another image.
     */
    version_tags?: 'immutable' | 'mutable';
    /**
     * Who pushes the images of source folders: the build action, before reconcile runs, or reconcile itself, which packs them on this machine.
     */
    publisher?: 'build-action' | 'packer';
    /**
     * The registries and repository prefixes that image_uri may name, beside the platform's own ECR.
     *
     * @maxItems 32
     *
     * Items: A registry, or a registry and the start of a repository.
     */
    allowed_registries?: string[];
  };
  /**
   * The platform's own image store, a DICOMweb server. Without image_uri it does not run; the local cloud packs the image itself.
   */
  image_store?: {
    /**
     * The image of the image store, pinned by digest.
     */
    image_uri?: string;
    /**
     * Fargate CPU units of one task.
     */
    cpu?: 256 | 512 | 1024 | 2048 | 4096 | 8192 | 16384;
    /**
     * Memory of one task in MiB, one that Fargate sells with its cpu.
     */
    memory?: number;
    /**
     * How many tasks serve it side by side.
     */
    tasks?: number;
    /**
     * The certificate, in ACM, of the domain; without it the image store is reached by HTTP inside the network.
     */
    certificate_arn?: string;
    /**
     * The name that clients reach the image store by; its record in the DNS points at the load balancer.
     */
    domain?: string;
  };
  /**
   * The PACSs that images come from and results go to, beside the platform's own image store, whose name is built-in.
   *
   * @maxItems 16
   *
   * Items: One PACS, by its DICOMweb address.
   */
  pacs?: {
    /**
     * What requests call it (pacs.source).
     */
    name: string;
    /**
     * The base of its DICOMweb services, to which /studies is added.
     */
    url: string;
    /**
     * Whether it asks for credentials, which lie in Secrets Manager under {prefix}/pacs/{name}.
     */
    credentials?: boolean;
    /**
     * The certificates of its own authority, as PEM.
     */
    ca?: string;
    /**
     * How much one worker may ask of it.
     */
    rate?: {
      /**
       * Requests a second.
       */
      requests_per_second?: number;
      /**
       * Requests at the same time.
       */
      concurrent?: number;
    };
    /**
     * Seconds that one of its answers may take.
     */
    timeout?: number;
  }[];
  /**
   * The PACS of a request that names none: built-in, or a name among pacs.
   */
  default_pacs?: string;
  /**
   * What the platform's cluster can run beside Fargate.
   */
  capacity?: {
    /**
     * Whether the platform has GPU capacity: instances with GPUs, which come and go with the tasks that need them; true takes what is said where nothing is written.
     */
    gpu?:
      | boolean
      | {
          /**
           * The EC2 instance type, one with NVIDIA GPUs and x86 processors.
           */
          instance_type?: string;
          /**
           * The most instances at a time; there are none while no task needs one.
           */
          max_instances?: number;
        };
  };
  /**
   * How large things may be, and how much a client may ask for.
   */
  limits?: {
    /**
     * The largest body of a request, in bytes.
     */
    max_request_bytes?: number;
    /**
     * The largest result of one job, in bytes.
     */
    max_result_bytes?: number;
    /**
     * The largest input of one job, in bytes.
     */
    max_image_bytes?: number;
    /**
     * How many jobs a client may send in a minute, where nothing else is said of that client; 0 sets no limit.
     */
    client_requests_per_minute?: number;
    /**
     * How many of a client's jobs may be open at a time, where nothing else is said of that client; 0 sets no limit.
     */
    client_open_jobs?: number;
    /**
     * For how many seconds the API may go by a row of the registry that it has read: less than safety.settle_seconds, which reconcile waits between a withdrawal and its look at the queue.
     */
    registry_cache_seconds?: number;
  };
  /**
   * What may run on the platform.
   */
  allow: {
    /**
     * The regulatory states that may run here.
     *
     * @minItems 1
     * @maxItems 3
     *
     * Items: One status.
     */
    regulatory: ('research' | 'investigational' | 'cleared')[];
    /**
     * The SPDX licences that may run here.
     *
     * @minItems 1
     * @maxItems 64
     *
     * Items: One SPDX identifier.
     */
    licenses: string[];
  };
  /**
   * What AWS allows this account and region; a catalog that needs more is refused before anything is made.
   */
  quotas?: {
    /**
     * ECS services in one cluster.
     */
    ecs_services?: number;
    /**
     * IAM roles that algorithms may have.
     */
    iam_roles?: number;
    /**
     * ECR repositories in a region.
     */
    ecr_repositories?: number;
    /**
     * Fargate vCPUs on demand that run at the same time. A new account has 6; AWS raises it on request.
     */
    fargate_vcpus?: number;
  };
  /**
   * How task roles are shared.
   */
  roles?: {
    /**
     * The number of algorithms up to which each has a task role of its own; above it they share the role of their role_class. AWS allows 1,000 roles an account.
     */
    one_each_up_to?: number;
    /**
     * The role classes that entries may name; the first is that of entries that name none.
     *
     * @minItems 1
     * @maxItems 50
     *
     * Items: One class.
     */
    classes?: string[];
  };
  /**
   * The GitHub repository whose workflows deploy and reconcile this platform. Without it the roles of reconcile can be taken on by whom IAM in the account allows.
   */
  github?: {
    /**
     * The repository as GitHub's OIDC tokens name it: owner/name, or owner@id/name@id where it has immutable subject claims, as every repository made, renamed or transferred after 15 July 2026 has.
     */
    repository: string;
    /**
     * The GitHub environment that apply, scale and the deployment of the platform run in; its protection rules say who approves.
     */
    environment?: string;
    /**
     * The branch that the catalog is applied from.
     */
    branch?: string;
    /**
     * Whether the platform makes GitHub's OIDC provider. An account holds only one: leave it false where there is one already.
     */
    create_provider?: boolean;
  };
  /**
   * Where the Admin API proposes changes of the catalog. Without it the API reads the registry, but changes nothing.
   */
  catalog?: {
    /**
     * The GitHub repository of the catalog: a change is a branch and its pull request. Its credentials lie in Secrets Manager under {prefix}/github/catalog.
     */
    repository?: string;
    /**
     * The branch that pull requests are merged into.
     */
    branch?: string;
    /**
     * The folder of the repository that holds catalog/, where that is not its top.
     */
    path?: string;
    /**
     * The API of a GitHub Enterprise Server.
     */
    api_url?: string;
    /**
     * The repository as a folder of this machine, from where the platform is deployed: a change is written into its files. For an emulated platform only.
     */
    folder?: string;
  };
  /**
   * How long a new version may take before it is taken for one that does not work.
   */
  rollout?: {
    /**
     * Until its service runs as many tasks as it should.
     */
    steady_seconds?: number;
    /**
     * Until its candidate, the start of its task included, is through all conformance cases.
     */
    conformance_seconds?: number;
  };
  /**
   * How much one run may change before somebody has to allow it by name.
   */
  safety?: {
    /**
     * With fewer owned algorithms than this, counts hold in place of shares.
     */
    few?: number;
    /**
     * The share of the owned algorithms that one run may delete, from 0 to 1.
     */
    deleted_share?: number;
    /**
     * The number of algorithms that one run may delete where there are few.
     */
    deleted_of_few?: number;
    /**
     * The share of the owned algorithms that one run may update, from 0 to 1.
     */
    updated_share?: number;
    /**
     * How long after its withdrawal an algorithm's queue is looked at for jobs that are left. SQS's counts are to be believed after a minute; an emulator's at once.
     */
    settle_seconds?: number;
  };
  /**
   * An OpenID Connect issuer whose access tokens the API and the image store take beside client keys.
   */
  identity?: {
    /**
     * Its identifier, exactly as its tokens have it in iss; its metadata are at /.well-known/openid-configuration below it.
     */
    issuer: string;
    /**
     * What a token has to name in aud, which tells tokens for this platform from others of the issuer.
     */
    audience: string;
    /**
     * The claim with the client's id; where nothing is written client_id, else azp.
     */
    client_claim?: string;
    /**
     * The claim with the client's roles, a text or a list of texts; where nothing is written, tokens have no roles.
     */
    role_claim?: string;
  };
  /**
   * Whose requests are taken although a rule of the algorithm says no.
   */
  admission?: {
    /**
     * The roles of clients that may override a rule on the input; none where it is left out.
     *
     * @maxItems 16
     *
     * Items: A role as clients and tokens have it.
     */
    override_roles?: string[];
  };
  /**
   * Where callbacks may go beside public addresses.
   */
  callbacks?: {
    /**
     * The private hosts and CIDRs that callbacks may go to.
     *
     * @maxItems 64
     *
     * Items: A host name, an address or a CIDR.
     */
    allow?: string[];
  };
  /**
   * Values used where an entry has none.
   */
  defaults?: {
    /**
     * The architectures an image is built for where an entry names none.
     *
     * @minItems 1
     * @maxItems 2
     *
     * Items: One architecture.
     */
    architectures?: ('amd64' | 'arm64')[];
    /**
     * How long logs are kept, in days; CloudWatch accepts these numbers only.
     */
    log_retention_days?:
      | 1
      | 3
      | 5
      | 7
      | 14
      | 30
      | 60
      | 90
      | 120
      | 150
      | 180
      | 365
      | 400
      | 545
      | 731
      | 1096
      | 1827
      | 2192
      | 2557
      | 2922
      | 3288
      | 3653;
  };
}
