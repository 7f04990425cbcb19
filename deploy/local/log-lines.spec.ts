import { describe, expect, it } from '@jest/globals';
import { readableTrouble } from './log-lines.ts';

describe('what a person sees of a service log', () => {
  it.each([
    ['{"level":30,"msg":"started"}', undefined],
    ['{"level":"info","msg":"started"}', undefined],
    ['', undefined],
    ['{"level":40,"msg":"slow\\nreply"}', 'warning agent: slow reply'],
    [
      '{"level":"error","msg":"cannot publish","err":{"message":"no server"}}',
      'error agent: cannot publish: no server',
    ],
    ['{"level":60,"msg":"no server","err":{"message":"no server"}}', 'error agent: no server'],
    ['Segmentation fault', 'output agent: Segmentation fault'],
    ['42', 'output agent: 42'],
  ])('%s', (line, shown) => {
    expect(readableTrouble('agent', line)).toBe(shown);
  });

  it('is short', () => {
    expect(readableTrouble('agent', 'x'.repeat(9_999))).toHaveLength(300);
  });
});
