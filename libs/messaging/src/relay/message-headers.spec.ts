import { describe, expect, it } from '@jest/globals';
import { position } from '#libs/event-store';
import { messageId, placeOfMessageId, refilledId } from './message-headers.ts';

describe('the id of a message', () => {
  it('names the event by its place in one life of one log', () => {
    const place = { epoch: 3, position: position(130) };

    expect(messageId('agent', 0, place)).toBe('agent:0:3:130');
    expect(placeOfMessageId('agent:0:3:130', 'agent', 0)).toEqual(place);
  });

  it('is another one for a message that is put back, and names the same place', () => {
    expect(refilledId('agent:0:3:130', 77)).toBe('agent:0:3:130:r77');
    expect(placeOfMessageId('agent:0:3:130:r77', 'agent', 0)).toEqual({ epoch: 3, position: 130 });
  });

  it('is understood from before there were epochs in it', () => {
    expect(placeOfMessageId('agent:0:130', 'agent', 0)).toEqual({ epoch: 1, position: 130 });
  });

  it.each(['', 'health:0:3:130', 'agent:1:3:130', 'agent:0:', 'agent:0:x', 'agent:0:3:130:1', 'agent:0:-3:130'])(
    'is not taken for one of the log when it is %p',
    (id) => {
      expect(placeOfMessageId(id, 'agent', 0)).toBeUndefined();
    },
  );
});
