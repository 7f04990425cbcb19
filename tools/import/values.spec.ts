import { describe, expect, it } from '@jest/globals';
import { negated, parseDecimal, productInMinorUnits, toMinorUnits, toNumber } from './decimal.ts';
import type { Decimal } from './decimal.ts';
import { isDateFormat, TimeReader } from './local-time.ts';

function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(`${text} is no decimal`);
  return value;
}

describe('money in the file', () => {
  it.each([
    ['2.55', 255],
    ['2.5', 250],
    ['18', 1_800],
    ['0.29', 29],
    ['-11062.06', -1_106_206],
    ['1.10', 110],
    ['4.350', 435],
    // Times 100 as a float these are 1998.9999999999998, 101.49999999999999 and 828.9999999999999.
    ['19.99', 1_999],
    ['8.29', 829],
  ])('reads %s GBP as %i pence', (text, pence) => {
    expect(toMinorUnits(decimal(text), 2)).toBe(pence);
  });

  it('does not round a price', () => {
    expect(toMinorUnits(decimal('2.555'), 2)).toBeUndefined();
    expect(toMinorUnits(decimal('100'), 0)).toBe(100);
    expect(toMinorUnits(decimal('1.234'), 3)).toBe(1_234);
  });

  it.each(['', ' ', '1e3', '1,200', '0x10', 'many', '1.', '.5', '--1', '1234567890123', 'NaN', '£2'])(
    'does not take %j for a number',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  it('multiplies exactly, and rounds half away from zero', () => {
    expect(productInMinorUnits(decimal('3'), decimal('0.29'), 2)).toBe(87);
    expect(productInMinorUnits(decimal('0.5'), decimal('0.01'), 2)).toBe(1);
    expect(productInMinorUnits(decimal('-0.5'), decimal('0.01'), 2)).toBe(-1);
    expect(productInMinorUnits(decimal('1'), decimal('0.001'), 2)).toBe(0);
    expect(Object.is(productInMinorUnits(decimal('-1'), decimal('0'), 2), 0)).toBe(true);
    expect(productInMinorUnits(decimal('2'), decimal('3'), 0)).toBe(6);
  });

  it('knows signs', () => {
    expect(toNumber(negated(decimal('-1.5')))).toBe(1.5);
    expect(toNumber(decimal('+2'))).toBe(2);
  });
});

describe('times in the file', () => {
  const till = new TimeReader(['M/D/YY H:mm', 'M/D/YYYY H:mm'], 'Europe/London');
  const utc = (reader: TimeReader, text: string): string | undefined => {
    const ms = reader.read(text);
    return ms === undefined ? undefined : new Date(ms).toISOString();
  };

  it.each([
    ['12/1/10 8:26', '2010-12-01T08:26:00.000Z'],
    ['7/4/11 8:26', '2011-07-04T07:26:00.000Z'],
    ['12/1/2010 08:26', '2010-12-01T08:26:00.000Z'],
    ['2/29/12 23:59', '2012-02-29T23:59:00.000Z'],
    ['7/1/11 0:30', '2011-06-30T23:30:00.000Z'],
  ])('reads %s in London as %s', (text, expected) => {
    expect(utc(till, text)).toBe(expected);
  });

  it('follows the change to summer time and back', () => {
    // 27 March 2011, 01:00 GMT became 02:00 BST.
    expect(utc(till, '3/27/11 0:59')).toBe('2011-03-27T00:59:00.000Z');
    expect(utc(till, '3/27/11 2:00')).toBe('2011-03-27T01:00:00.000Z');
    // A time that was skipped is read by the clock that was not put forward.
    expect(utc(till, '3/27/11 1:30')).toBe('2011-03-27T01:30:00.000Z');
    // 30 October 2011, 02:00 BST became 01:00 GMT: 01:30 came twice, and the first is meant.
    expect(utc(till, '10/30/11 0:59')).toBe('2011-10-29T23:59:00.000Z');
    expect(utc(till, '10/30/11 1:30')).toBe('2011-10-30T00:30:00.000Z');
    expect(utc(till, '10/30/11 2:00')).toBe('2011-10-30T02:00:00.000Z');
  });

  it('knows other zones', () => {
    const newYork = new TimeReader(['YYYY-MM-DD HH:mm:ss'], 'America/New_York');
    const kathmandu = new TimeReader(['DD.MM.YYYY HH:mm'], 'Asia/Kathmandu');

    expect(utc(newYork, '2011-03-13 01:59:59')).toBe('2011-03-13T06:59:59.000Z');
    expect(utc(newYork, '2011-03-13 03:00:00')).toBe('2011-03-13T07:00:00.000Z');
    expect(utc(newYork, '2011-11-06 01:30:00')).toBe('2011-11-06T05:30:00.000Z');
    expect(utc(newYork, '2011-11-06 02:00:00')).toBe('2011-11-06T07:00:00.000Z');
    expect(utc(kathmandu, '01.12.2010 05:45')).toBe('2010-12-01T00:00:00.000Z');
  });

  it.each([
    '2/29/11 10:00',
    '13/1/10 10:00',
    '4/31/11 10:00',
    '0/1/11 10:00',
    '12/1/10 24:00',
    '12/1/10 8:60',
    '',
    'now',
    '12/1/10',
  ])('knows no such time as %j', (text) => {
    expect(till.read(text)).toBeUndefined();
  });

  it('says which formats can be used', () => {
    expect(isDateFormat('M/D/YY H:mm')).toBe(true);
    expect(isDateFormat('H:mm')).toBe(false);
    expect(isDateFormat('YYYY/YY/MM/DD')).toBe(false);
  });
});
