/** The reason of an error that the AWS SDK threw: its name, the HTTP status if there was an answer, and its message. */
export function describeAwsError(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "CredentialsProviderError") return `${noCredentials(message)}\n  hint: ${hint}`;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return `${name}${status ? ` (${status})` : ""}: ${message}`;
}

/** The SDK's own message says more if a profile or a login is the reason. */
function noCredentials(message: string): string {
  return message.startsWith("Could not load credentials")
    ? "there are no AWS credentials"
    : message;
}

const hint =
  "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to the name of a profile; in a workflow, assume a role first";
