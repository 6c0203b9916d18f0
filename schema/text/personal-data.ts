/**
 * Finds personal data and credentials, which must not reach a public document or a git history.
 *
 * Each pattern starts at a character that is rare in prose and is bounded in length, so that the
 * time is linear in the length of any text.
 */
interface Pattern {
  readonly what: string;
  readonly pattern: RegExp;
  readonly confirm?: (match: string) => boolean;
}

export interface Discovery {
  readonly what: string;
  /** Offset in the text. */
  readonly at: number;
}

/** What must not be kept in any text: in a flag file, a reason for a change, a name. */
export function findSensitiveData(text: string): Discovery[] {
  return [...findPersonalData(text), ...findCredentials(text)];
}

export function findPersonalData(text: string): Discovery[] {
  if (!/[@\d]/.test(text)) return [];
  return personal.flatMap((pattern) => search(text, pattern));
}

export function findCredentials(text: string): Discovery[] {
  if (!/bnt_|AKIA|ASIA|gh[pousr]_|hub_pat|glpat|npm_|xox|_live_|AIza|eyJ|-----/.test(text))
    return [];
  return credentials.flatMap((pattern) => search(text, pattern));
}

const personal: readonly Pattern[] = [
  {
    what: "an e-mail address",
    pattern: /(?<=[\p{L}\d._%+-])@(?:[\p{L}\d-]{1,63}\.){1,8}\p{L}{2,24}/gu,
  },
  {
    what: "a phone number",
    pattern: /(?<![\w.])\+\d[\d ().-]{6,20}\d(?!\w)/g,
    confirm: (match) => digits(match).length >= 8 && digits(match).length <= 15,
  },
  {
    what: "a phone number",
    pattern: /(?<![\d-]|\+\d{1,3}[ .-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\d-])/g,
  },
  { what: "a social-security number", pattern: /(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/g },
  {
    what: "a card number",
    pattern: /(?<!\d|\d[ -])\d(?:[ -]?\d){12,18}(?![ -]?\d)/g,
    confirm: (match) => passesLuhn(digits(match)),
  },
];

const credentials: readonly Pattern[] = [
  { what: "a Bunting API token", pattern: /(?<!\w)bnt_[\w-]{22}/g },
  { what: "an AWS access key", pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g },
  { what: "a GitHub token", pattern: /(?<!\w)(?:gh[pousr]_\w{36}|github_pat_\w{22})/g },
  { what: "a GitLab token", pattern: /(?<!\w)glpat-[\w-]{20}/g },
  { what: "an npm token", pattern: /(?<!\w)npm_\w{36}/g },
  { what: "a Slack token", pattern: /(?<!\w)xox[abeoprs]-[\w-]{10}/g },
  { what: "a Stripe key", pattern: /(?<!\w)[rs]k_live_\w{16}/g },
  { what: "a Google API key", pattern: /(?<!\w)AIza[\w-]{35}/g },
  { what: "a JSON web token", pattern: /(?<![\w-])eyJ[\w-]{5,2000}\.eyJ[\w-]{5}/g },
  { what: "a private key", pattern: /-----BEGIN [A-Z ]{0,20}PRIVATE KEY/g },
];

function search(text: string, { what, pattern, confirm }: Pattern): Discovery[] {
  const matches = [...text.matchAll(pattern)].filter(([match]) => confirm?.(match) ?? true);
  return matches.map(({ index }) => ({ what, at: index }));
}

function digits(text: string): string {
  return text.replace(/\D/g, "");
}

/** The check digit of payment cards, ISO/IEC 7812-1. */
function passesLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
