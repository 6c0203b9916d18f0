import { expect, test } from "vitest";
import { findCredentials, findPersonalData } from "../../../schema/text/personal-data.ts";

test.each([
  ["ann@example.com", "an e-mail address"],
  ["Ask ann.lee+flags@mail.example.co.uk first", "an e-mail address"],
  ["<ann@example.com>", "an e-mail address"],
  ["jürgen@müller.de", "an e-mail address"],
  ["ann@EXAMPLE.COM", "an e-mail address"],
  ["call +1 555 010 9999", "a phone number"],
  ["call +49 (0)30 1234567", "a phone number"],
  ["call +15550109999", "a phone number"],
  ["call 555-010-9999", "a phone number"],
  ["call (555) 010-9999", "a phone number"],
  ["call 555.010.9999", "a phone number"],
  ["pays with 4111 1111 1111 1111", "a card number"],
  ["pays with 4111111111111111", "a card number"],
  ["pays with 4111-1111-1111-1111.", "a card number"],
  ["pays with 3782 822463 10005", "a card number"],
  ["pays with 6011000990139424", "a card number"],
  ["is 078-05-1120", "a social-security number"],
])("findPersonalData() finds in %j %s", (text, what) => {
  expect(findPersonalData(text).map((found) => found.what)).toEqual([what]);
});

test.each([
  "meals @ 3 per day",
  "@team in #recipes",
  "user@localhost",
  "see @scope/pkg@1.2.3",
  "4111 1111 1111 1112, which fails the check digit",
  "4111 1111 1111",
  "12345678901234567890",
  "1,000,000 users",
  "2024-08-31T12:00:00Z",
  "between 2026-11-05 and 2027-03-31",
  "1.22.333.4444",
  "192.168.100.200",
  "+5 % in 2027",
  "+1 for that",
  "issue 123-45",
  "078-05-11203",
  "10078-05-1120",
  "0.1234567890123456",
  "v2.10.0-rc.1+build.20260101",
])("findPersonalData() finds nothing in %j", (text) => {
  expect(findPersonalData(text)).toEqual([]);
});

// Composed here, so that secret scanners do not report them.
const secret = (...parts: string[]) => parts.join("");
const long = "abcdefghijklmnopqrstuvwxyz0123456789";

test.each([
  ["an AWS access key", secret("AKIA", "IOSFODNN7EXAMPLE")],
  ["an AWS access key", secret("ASIA", "IOSFODNN7EXAMPLE")],
  ["a GitHub token", secret("ghp_", long)],
  ["a GitHub token", secret("gho_", long)],
  ["a GitHub token", secret("ghs_", long)],
  ["a GitHub token", secret("github_pat_", long)],
  ["a GitLab token", secret("glpat-", long)],
  ["an npm token", secret("npm_", long)],
  ["a Slack token", secret("xoxb-", long)],
  ["a Stripe key", secret("sk_live_", long)],
  ["a Google API key", secret("AIza", long)],
  ["a JSON web token", secret("eyJhbGciOiJIUzI1NiJ9", ".", "eyJzdWIiOiIxIn0", ".", long)],
  ["a private key", secret("-----BEGIN ", "PRIVATE KEY-----")],
  ["a private key", secret("-----BEGIN ", "OPENSSH PRIVATE KEY-----")],
])("findCredentials() finds %s", (what, key) => {
  const text = `see "${key}", please`;
  expect(findCredentials(text)).toEqual([{ what, at: 5 }]);
});

test.each([
  "AKIA",
  "AKIAMEALPLAN",
  "ghp_short",
  "npm_package_name",
  "sk_test_1234",
  "an eyJ and another. eyJ",
  "-----BEGIN CERTIFICATE-----",
  "-----BEGIN PUBLIC KEY-----",
])("findCredentials() finds nothing in %j", (text) => {
  expect(findCredentials(text)).toEqual([]);
});
