import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { EventContract } from './event-contract.ts';
import { EVENT_CONTRACTS } from './event-contracts.ts';
import { StockMovedV1 } from './events/inventory.ts';
import { jsonSchemaOf } from './json-schema.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats.default(ajv);

describe('the JSON Schema of a contract', () => {
  it.each<[string, EventContract]>(EVENT_CONTRACTS.map((contract) => [contract.type, contract]))(
    'of %s accepts its sample only',
    (_, contract) => {
      const validate = ajv.compile(jsonSchemaOf(contract));
      const sample = contract.sample as Record<string, unknown>;
      const [firstField = ''] = Object.keys(sample);

      expect(validate(sample)).toBe(true);
      expect(validate({ ...sample, [firstField]: { of: 'another type' } })).toBe(false);
      expect(validate({})).toBe(false);
    },
  );

  it('has an identity, a dialect and a description', () => {
    expect(jsonSchemaOf(StockMovedV1)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: '/schemas/steward.inventory.stock-moved.v1/1.json',
      title: 'steward.inventory.stock-moved.v1',
      description: 'Stock came, went, was wasted, or was counted anew.',
      additionalProperties: false,
    });
  });

  it('refuses unknown keys of business events and allows those of services', () => {
    const open = EVENT_CONTRACTS.filter((contract) => jsonSchemaOf(contract)['additionalProperties'] !== false);

    expect(new Set(open.map(({ area }) => area))).toEqual(new Set(['agent', 'health', 'maintenance', 'recovery']));
  });
});
