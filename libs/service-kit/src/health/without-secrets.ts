const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1***@'],
  [/\b(stw_|sk-ant-|whsec_)[\w-]+/g, '$1***'],
  [/\b(password|passwd|pwd|secret|token|api[_-]?key)(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi, '$1$2***'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 ***'],
];

/** A message of a driver without credentials: of URLs, of `password=...`, and keys that show by their prefix. */
export function withoutSecrets(message: string): string {
  return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), message).slice(0, 500);
}
