/** The environment variables of the server, for `--help`. */
export const help = `Environment variables:

  PORT, HOST               where it listens (8080, 127.0.0.1); the embedded CDN takes the next port
  FLAGS_REMOTE             the git remote that holds the flags: any URL or path git takes
  FLAGS_BRANCH             its branch (main)
  FLAGS_DATA               where one server keeps its clone (.data); may be deleted while the server is down,
                           but without FLAGS_REMOTE it also holds the flags and the tokens, and without
                           FLAGS_COMMIT_KEY the key that signs the commits
  FLAGS_TOKENS             the tokens file; "bunting token --add FILE" creates it and adds to it
  FLAGS_COMMIT_KEY         secret that signs commits, the same for all servers of the branch. To replace it,
                           set several, comma-separated: the first signs, all are accepted. Default: a key
                           in FLAGS_DATA
  FLAGS_SIGNING_KEY        path of the ssh key that signs each commit; none are signed without it
  FLAGS_PUBLISH            s3://bucket[/prefix] or a directory, published to after each change
  FLAGS_POLL_SECONDS       seconds between two fetches of the branch (15)
  FLAGS_WRITES_PER_MINUTE  per token (60); 0 is no limit
  FLAGS_CORS_ORIGINS       origins whose pages may call the API, comma-separated
  FLAGS_USAGE              token: POST /v1/usage requires a token; anonymous: not from those origins
  FLAGS_TRUSTED_PROXIES    how many proxies in front may set the client's address (0)
  OIDC_ISSUER, OIDC_AUDIENCE, OIDC_ROLE_CLAIM
                           accepts this issuer's JSON web tokens; the claim (role) holds the role, or a list;
                           a path names a nested claim (realm_access.roles)
  GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL
                           if FLAGS_REMOTE is on GitHub: opens pull requests for changes in protected
                           environments, and issues for emergency changes
  GITHUB_WEBHOOK_SECRET    accepts POST /webhooks/github, to fetch at once after a push
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                           used for all outgoing traffic: git, GitHub, the issuer, S3 and the CDN
  LOG_LEVEL                trace, debug, info, warn, error, fatal or silent (info)
`;
