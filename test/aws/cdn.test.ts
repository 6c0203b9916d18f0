import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { deploy, type Mapping, parseTemplate, type Stack } from "./cloudformation.ts";
import { violations } from "./specification.ts";

const template = parseTemplate(readFileSync(".github/aws/cdn.yaml", "utf8"));
const repository = { GitHubRepository: "acme/flags" };
const everything = {
  ...repository,
  CreateOidcProvider: "true",
  Prefix: "flags/live",
  CorsOrigins: "https://app.example.com,https://*.example.org",
  RequireToken: "true",
  DomainName: "flags.example.com",
  CertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-4e5f",
};
const plain = deploy(template, repository);
const full = deploy(template, everything);

describe("cdn.yaml", () => {
  test.each([
    ["defaults", plain],
    ["everything on", full],
  ])("is valid by AWS's specification: %s", (_, stack) => {
    expect(violations(stack)).toEqual([]);
  });

  test("resolves every reference with any options", () => {
    for (const CreateOidcProvider of ["true", "false"])
      for (const RequireToken of ["true", "false"])
        for (const Prefix of ["", "a"])
          expect(
            violations(
              deploy(template, { ...repository, CreateOidcProvider, RequireToken, Prefix }),
            ),
          ).toEqual([]);
  });

  test("describes each parameter and output", () => {
    const described = { ...template.Parameters, ...template.Outputs };
    for (const [name, one] of Object.entries(described)) {
      expect(one, name).toMatchObject({ Description: expect.stringMatching(/\w{3}/) });
    }
  });

  test.each([
    { GitHubRepository: "" },
    { GitHubRepository: "acme" },
    { GitHubRepository: "acme/*" },
    { GitHubRepository: "*/flags" },
    { GitHubRepository: "acme/flags:ref:refs/heads/main" },
    { GitHubRepository: "acme@1/flags" },
    { Prefix: "/flags" },
    { Prefix: "flags/" },
    { Prefix: "flags/*" },
    { Prefix: "../flags" },
    { Prefix: "a//b" },
    { CorsOrigins: "app.example.com" },
    { CorsOrigins: "https://app.example.com/" },
    { CreateOidcProvider: "yes" },
    { RequireToken: "yes" },
    { DomainName: "https://flags.example.com" },
    { CertificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d" },
    { KeepVersionsDays: "0" },
  ])("refuses the parameter %o", (parameter) => {
    expect(() => deploy(template, { ...everything, ...parameter })).toThrow(/^Cannot take /);
  });

  test.each([{ DomainName: "flags.example.com" }, { CertificateArn: everything.CertificateArn }])(
    "refuses a domain without certificate and the reverse: %o",
    (parameter) => {
      expect(() => deploy(template, { ...repository, ...parameter })).toThrow(
        "DomainName and CertificateArn must be given together",
      );
    },
  );
});

describe("Bucket", () => {
  const { Properties, ...policies } = resource(plain, "Bucket");

  test("blocks public access with all four settings", () => {
    expect(Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(Properties.OwnershipControls).toEqual({
      Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }],
    });
  });

  test("is encrypted in the way that keeps ETag the MD5 of the body", () => {
    expect(Properties.BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
      ],
    });
  });

  test("keeps old versions for the configured time, and stays if the stack is deleted", () => {
    const stack = deploy(template, { ...repository, KeepVersionsDays: "7" });
    expect(resource(stack, "Bucket").Properties).toMatchObject({
      VersioningConfiguration: { Status: "Enabled" },
      LifecycleConfiguration: {
        Rules: [{ Status: "Enabled", NoncurrentVersionExpiration: { NoncurrentDays: 7 } }],
      },
    });
    expect(policies).toMatchObject({
      DeletionPolicy: "RetainExceptOnCreate",
      UpdateReplacePolicy: "Retain",
    });
  });

  test("answers preflights for the same origins, headers and age as the CDN", () => {
    const rule = at(resource(full, "Bucket").Properties, "CorsConfiguration", "CorsRules", "0");
    const cors = at(
      resource(full, "ResponseHeadersPolicy").Properties,
      "ResponseHeadersPolicyConfig",
      "CorsConfig",
    );
    expect(rule).toEqual({
      AllowedOrigins: at(cors, "AccessControlAllowOrigins", "Items"),
      AllowedMethods: at(cors, "AccessControlAllowMethods", "Items"),
      AllowedHeaders: at(cors, "AccessControlAllowHeaders", "Items"),
      ExposedHeaders: at(cors, "AccessControlExposeHeaders", "Items"),
      MaxAge: cors.AccessControlMaxAgeSec,
    });
  });
});

describe("BucketPolicy", () => {
  const distribution = {
    StringEquals: {
      "AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/<Distribution>",
    },
  };

  test.each([
    ["the whole bucket", plain, "<Bucket.Arn>/*"],
    ["the prefix", full, "<Bucket.Arn>/flags/live/*"],
  ])("gives access only to this distribution, and only over TLS: %s", (_, stack, objects) => {
    expect(at(resource(stack, "BucketPolicy").Properties, "PolicyDocument").Statement).toEqual([
      {
        Sid: "OnlyTls",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: ["<Bucket.Arn>", "<Bucket.Arn>/*"],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        Sid: "CdnReads",
        Effect: "Allow",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:GetObject",
        Resource: objects,
        Condition: distribution,
      },
      {
        Sid: "CdnTellsMissingFromForbidden",
        Effect: "Allow",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:ListBucket",
        Resource: "<Bucket.Arn>",
        Condition: distribution,
      },
    ]);
  });
});

describe("Distribution", () => {
  const config = at(resource(plain, "Distribution").Properties, "DistributionConfig");

  test("serves the published bodies for 404 and 403, and leaves the status alone", () => {
    expect(config.CustomErrorResponses).toEqual([
      {
        ErrorCode: 404,
        ResponseCode: 404,
        ResponsePagePath: "/errors/404.json",
        ErrorCachingMinTTL: 10,
      },
      {
        ErrorCode: 403,
        ResponseCode: 403,
        ResponsePagePath: "/errors/403.json",
        ErrorCachingMinTTL: 10,
      },
    ]);
  });

  test('asks S3 for a key at "/", which would otherwise list the bucket', () => {
    expect(config.DefaultRootObject).toMatch(/^[^/]+$/);
  });

  test.each([
    ["without prefix", plain, ""],
    ["with prefix", full, "/flags/live"],
  ])("signs its requests to the bucket: %s", (_, stack, path) => {
    expect(at(resource(stack, "Distribution").Properties, "DistributionConfig").Origins).toEqual([
      {
        Id: "bucket",
        DomainName: "<Bucket.RegionalDomainName>",
        OriginPath: path,
        OriginAccessControlId: "<OriginAccessControl.Id>",
        S3OriginConfig: { OriginAccessIdentity: "" },
      },
    ]);
    expect(resource(stack, "OriginAccessControl").Properties).toMatchObject({
      OriginAccessControlConfig: {
        OriginAccessControlOriginType: "s3",
        SigningBehavior: "always",
        SigningProtocol: "sigv4",
      },
    });
  });

  test("reads only, over HTTPS only, compressed, with this stack's policies", () => {
    expect(config.DefaultCacheBehavior).toEqual({
      TargetOriginId: "bucket",
      ViewerProtocolPolicy: "https-only",
      AllowedMethods: ["GET", "HEAD", "OPTIONS"],
      CachedMethods: ["GET", "HEAD"],
      Compress: true,
      CachePolicyId: "<CachePolicy>",
      OriginRequestPolicyId: "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
      ResponseHeadersPolicyId: "<ResponseHeadersPolicy>",
    });
  });

  test("has the given name and certificate", () => {
    expect(config.ViewerCertificate).toEqual({ CloudFrontDefaultCertificate: true });
    expect(config).not.toHaveProperty("Aliases");
    expect(at(resource(full, "Distribution").Properties, "DistributionConfig")).toMatchObject({
      Aliases: ["flags.example.com"],
      ViewerCertificate: {
        AcmCertificateArn: everything.CertificateArn,
        MinimumProtocolVersion: "TLSv1.2_2021",
        SslSupportMethod: "sni-only",
      },
    });
  });

  test("requires a token only if configured", () => {
    expect(plain.resources).not.toHaveProperty("TokenFunction");
    expect(plain.resources).not.toHaveProperty("Tokens");
    const behavior = at(
      resource(full, "Distribution").Properties,
      "DistributionConfig",
      "DefaultCacheBehavior",
    );
    expect(behavior.FunctionAssociations).toEqual([
      { EventType: "viewer-request", FunctionARN: "<TokenFunction.FunctionARN>" },
    ]);
    expect(resource(full, "TokenFunction").Properties).toMatchObject({
      AutoPublish: true,
      FunctionConfig: {
        Runtime: "cloudfront-js-2.0",
        KeyValueStoreAssociations: [{ KeyValueStoreARN: "<Tokens.Arn>" }],
      },
    });
  });
});

test("CachePolicy keeps what the origin's Cache-Control says, and one copy per path and encoding", () => {
  const config = at(resource(plain, "CachePolicy").Properties, "CachePolicyConfig");
  expect(config.ParametersInCacheKeyAndForwardedToOrigin).toEqual({
    EnableAcceptEncodingGzip: true,
    EnableAcceptEncodingBrotli: true,
    CookiesConfig: { CookieBehavior: "none" },
    HeadersConfig: { HeaderBehavior: "none" },
    QueryStringsConfig: { QueryStringBehavior: "none" },
  });
  // The range contains max-age=30, stale-while-revalidate=300 and stale-if-error=86400.
  expect(config.MinTTL).toBe(1);
  expect(config.MaxTTL).toBeGreaterThanOrEqual(30 + 86_400);
});

test("ResponseHeadersPolicy lets the given origins read, ETag included, without credentials", () => {
  const config = at(
    resource(full, "ResponseHeadersPolicy").Properties,
    "ResponseHeadersPolicyConfig",
  );
  expect(config.CorsConfig).toEqual({
    AccessControlAllowCredentials: false,
    AccessControlAllowHeaders: { Items: ["Authorization", "If-None-Match"] },
    AccessControlAllowMethods: { Items: ["GET", "HEAD"] },
    AccessControlAllowOrigins: { Items: ["https://app.example.com", "https://*.example.org"] },
    AccessControlExposeHeaders: { Items: ["ETag"] },
    AccessControlMaxAgeSec: 7200,
    OriginOverride: true,
  });
});

describe("PublisherRole", () => {
  const provider = "oidc-provider/token.actions.githubusercontent.com";

  test.each([
    ["acme/flags", "repo:acme/flags:environment:production"],
    ["acme@123456/flags@456789", "repo:acme@123456/flags@456789:environment:production"],
  ])("trusts exactly the production environment of %s", (GitHubRepository, subject) => {
    const stack = deploy(template, { GitHubRepository });
    expect(resource(stack, "PublisherRole").Properties.AssumeRolePolicyDocument).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: `arn:aws:iam::123456789012:${provider}` },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": subject,
            },
          },
        },
      ],
    });
  });

  test.each([
    ["the whole bucket", plain, "<Bucket.Arn>/*"],
    ["the prefix", full, "<Bucket.Arn>/flags/live/*"],
  ])("may publish and invalidate, and nothing more: %s", (_, stack, objects) => {
    const { Policies, ManagedPolicyArns } = resource(stack, "PublisherRole").Properties;
    expect(ManagedPolicyArns).toBeUndefined();
    expect(Policies).toEqual([
      {
        PolicyName: "publish",
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "Objects",
              Effect: "Allow",
              Action: ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
              Resource: objects,
            },
            { Sid: "List", Effect: "Allow", Action: "s3:ListBucket", Resource: "<Bucket.Arn>" },
            {
              Sid: "Invalidate",
              Effect: "Allow",
              Action: "cloudfront:CreateInvalidation",
              Resource: "arn:aws:cloudfront::123456789012:distribution/<Distribution>",
            },
          ],
        },
      },
    ]);
  });

  test("trusts the stack's own OIDC provider, which is optional and stays if the stack is deleted", () => {
    expect(plain.resources).not.toHaveProperty("GitHubOidcProvider");
    expect(resource(full, "GitHubOidcProvider")).toMatchObject({
      DeletionPolicy: "RetainExceptOnCreate",
      Properties: {
        Url: "https://token.actions.githubusercontent.com",
        ClientIdList: ["sts.amazonaws.com"],
      },
    });
    const trust = resource(full, "PublisherRole").Properties.AssumeRolePolicyDocument;
    expect(trust).toMatchObject({
      Statement: [{ Principal: { Federated: "<GitHubOidcProvider>" } }],
    });
  });
});

test("Outputs are the settings of publishing and its workflow", () => {
  const always = {
    Bucket: "<Bucket>",
    PublisherRoleArn: "<PublisherRole.Arn>",
    Region: "eu-west-1",
    DistributionId: "<Distribution>",
    DistributionDomain: "<Distribution.DomainName>",
  };
  expect(plain.outputs).toEqual({
    ...always,
    PublishTarget: "s3://<Bucket>",
    Url: "https://<Distribution.DomainName>",
  });
  expect(full.outputs).toEqual({
    ...always,
    PublishTarget: "s3://<Bucket>/flags/live",
    Url: "https://flags.example.com",
    TokensArn: "<Tokens.Arn>",
  });
});

function resource(stack: Stack, name: string) {
  const found = stack.resources[name];
  if (!found) throw new Error(`Cannot find resource "${name}"`);
  return found;
}

function at(value: Mapping, ...path: string[]): Mapping {
  return path.reduce((mapping, key) => mapping[key] as Mapping, value);
}
