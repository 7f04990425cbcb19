import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keyIdOf, newSigningKey, publicKeysFrom, publicPemOf, signingKeyFrom } from './signing-key.ts';
import { UnusableSigningKey } from './verification.errors.ts';

const pem = newSigningKey();
const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');

describe('a key that signs heads', () => {
  it.each([
    ['PEM', pem],
    ['PEM with its line breaks written out', pem.replaceAll('\n', '\\n')],
    ['PEM in base64', Buffer.from(pem).toString('base64')],
    ['DER in base64', der.toString('base64')],
  ])('is read from %s', async (_, text) => {
    const key = signingKeyFrom(` ${text}\n`);
    const signature = await key.sign(Buffer.from('x'));

    const publicKey = createPublicKey(publicPemOf(text));
    expect(verify(null, Buffer.from('x'), publicKey, signature)).toBe(true);
    expect(publicKeysFrom(publicPemOf(text))).toEqual([key.publicKey]);
  });

  it.each([
    ['nothing', ''],
    ['no key', 'secret words'],
    ['half of one', pem.slice(0, 60)],
    [
      'a key of another kind',
      generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    ],
    ['a public key', publicPemOf(pem)],
  ])('is not made of %s, and the refusal does not repeat it', (_, text) => {
    const act = (): unknown => signingKeyFrom(text);

    expect(act).toThrow(UnusableSigningKey);
    if (text !== '') expect(act).not.toThrow(text.slice(0, 40));
  });

  it('has a public half that others are told, several in one file', () => {
    const other = newSigningKey();

    const keys = publicKeysFrom(`# of this year\n${publicPemOf(pem)}\n${publicPemOf(other)}`);

    expect(keys).toEqual([signingKeyFrom(pem).publicKey, signingKeyFrom(other).publicKey]);
    expect(keyIdOf(keys[0] ?? Buffer.of())).toMatch(/^[0-9a-f]{32}$/);
    expect(() => publicKeysFrom('nothing of the kind')).toThrow(UnusableSigningKey);
  });
});
