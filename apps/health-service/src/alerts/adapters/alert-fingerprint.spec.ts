import { describe, expect, it } from '@jest/globals';
import { alertFingerprint } from './alert-fingerprint.ts';

describe('the fingerprint of an alert', () => {
  it('does not depend on the order of the labels', () => {
    expect(alertFingerprint({ a: '1', b: '2' })).toBe(alertFingerprint({ b: '2', a: '1' }));
  });

  it('stays what it was, since streams are named after it', () => {
    // printf '{"alertname":"agent-unhealthy"}' | sha256sum | cut -c 1-16
    expect(alertFingerprint({ alertname: 'agent-unhealthy' })).toBe('a9fe7c02370bf203');
  });

  it('depends on every label', () => {
    expect(alertFingerprint({ a: '1' })).not.toBe(alertFingerprint({ a: '1', b: '' }));
  });
});
