import { describe, expect, it } from '@jest/globals';
import { BillReceivedV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import { MemoryTable, recorded, type Place } from '../../../recorded-event.contract.ts';
import { obligationRows } from './obligation.projection.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const issued = (amount: number, place: Place = {}) =>
  recorded(
    'accounting.invoice-issued',
    {
      ...{ invoiceId: 'i', number: 'N-1', customerName: 'Harbour Events', amount: usd(amount) },
      ...{ issuedOn: '2026-03-01', dueOn: '2026-03-31' },
    },
    place,
  );
const paid = (paymentId: string, amount: object, paidOn = '2026-03-10', place: Place = {}) =>
  recorded('accounting.invoice-paid', { invoiceId: 'i', paymentId, amount, paidOn, accountId: 'checking' }, place);

const row = async (...events: readonly RecordedEvent[]) =>
  (await new MemoryTable(obligationRows).apply(...events)).all()[0];

describe('what is owed', () => {
  it('is settled on the day on which its parts reach it', async () => {
    expect(await row(issued(100), paid('p1', usd(60)))).toMatchObject({ paid_amount: 60, settled_on: null });
    expect(await row(issued(100), paid('p1', usd(60)), paid('p2', usd(40), '2026-03-20'))).toMatchObject({
      paid_amount: 100,
      settled_on: '2026-03-20',
    });
  });

  it('does not depend on the order in which document and payments are told', async () => {
    const events = [issued(100), paid('p1', usd(60)), paid('p2', usd(40), '2026-03-20')] as const;
    const [document, first, second] = events;
    expect(await row(second, first, document)).toEqual(await row(document, first, second));
    expect(await row(first, document, second)).toEqual(await row(document, first, second));
  });

  it('counts a payment once, whoever tells it again', async () => {
    expect(await row(issued(100), paid('p1', usd(60)), paid('p1', usd(60)))).toMatchObject({ paid_amount: 60 });
  });

  it('is not lessened by money of another currency', async () => {
    expect(await row(issued(100), paid('p1', { amount: 100, currency: 'EUR' }))).toMatchObject({
      paid_amount: 0,
      settled_on: null,
      payments: [{ paymentId: 'p1' }],
    });
  });

  it('is corrected by a document that is told again, as long as it is open', async () => {
    expect(await row(issued(100), issued(120))).toMatchObject({ amount: 120 });
    expect(await row(issued(100), paid('p1', usd(100)), issued(120))).toMatchObject({ amount: 100 });
  });

  it('is a payable when it is a bill', async () => {
    expect(await row(recorded('accounting.bill-received', BillReceivedV1.sample))).toMatchObject({
      direction: 'payable',
      document_id: 'bill-7720',
      party: 'Fresh Foods',
      purchase_order_id: 'po-311',
    });
  });
});
