import { describe, expect, it } from '@jest/globals';
import { BUSINESS_CONTRACTS } from '#libs/contracts';
import { businessEventOf, contractTypeOf, logTypeOf } from './log-events.ts';
import { recorded } from './recorded-event.contract.ts';

describe('a business event in the log', () => {
  it.each(BUSINESS_CONTRACTS.map((contract) => ({ type: contract.type, contract })))(
    '$type is read as it was published',
    ({ type, contract }) => {
      const named = logTypeOf(type);
      expect(contractTypeOf(named)).toBe(type);
      const event = { ...recorded(named.type, contract.sample), typeVersion: named.typeVersion };
      expect(businessEventOf(event)).toMatchObject({ type, data: contract.sample });
    },
  );

  it('is nothing that the service said itself', () => {
    expect(businessEventOf(recorded('agent.decision-made', {}))).toBeUndefined();
  });

  it('has a name only when it has a contract', () => {
    expect(() => logTypeOf('order-completed')).toThrow('no contract type');
  });
});
