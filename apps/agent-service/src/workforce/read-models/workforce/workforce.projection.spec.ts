import { describe, expect, it } from '@jest/globals';
import { ClockRecordedV1, EmployeeRegisteredV1, LeaveRequestedV1, ShiftScheduledV1 } from '#libs/contracts';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { clockRows, employeeRows, leaveRows, shiftRows } from './workforce.projection.ts';

const registered = (data: object, occurredAt: string) =>
  recorded('workforce.employee-registered', { ...EmployeeRegisteredV1.sample, ...data }, { occurredAt });
const rate = (amount: number) => ({ hourlyRate: { amount, currency: 'USD' } });

describe('somebody who works for the business', () => {
  it('keeps the pay of earlier days, since work is paid by the terms of its day', async () => {
    const table = await new MemoryTable(employeeRows).apply(
      registered(rate(1_800), '2026-01-05T12:00:00Z'),
      registered({ ...rate(1_800), name: 'Robin Dale' }, '2026-02-01T12:00:00Z'),
      registered(rate(2_000), '2026-03-01T12:00:00Z'),
    );

    expect(table.all()).toMatchObject([
      {
        pay: [
          { from: '2026-01-05', hourlyRate: { amount: 1_800 } },
          { from: '2026-03-01', hourlyRate: { amount: 2_000 } },
        ],
      },
    ]);
  });

  it('has left on the day on which that was told first, and is back when registered as active', async () => {
    const gone = registered({ status: 'terminated' }, '2026-02-01T12:00:00Z');
    const told = new MemoryTable(employeeRows);
    await told.apply(gone, registered({ status: 'inactive' }, '2026-02-09T12:00:00Z'));
    expect(told.all()).toMatchObject([{ left_on: '2026-02-01' }]);
    await told.apply(registered({}, '2026-03-01T12:00:00Z'));
    expect(told.all()).toMatchObject([{ left_on: null, status: 'active' }]);
  });
});

describe('records, shifts and leave', () => {
  it('keeps each clock record as it came', async () => {
    const table = await new MemoryTable(clockRows).apply(
      recorded('workforce.clock-recorded', ClockRecordedV1.sample, { at: 7 }),
      recorded('workforce.clock-recorded', ClockRecordedV1.sample, { at: 8 }),
    );
    expect(table.all().map(({ position, kind }) => [position, kind])).toEqual([
      [7, 'in'],
      [8, 'in'],
    ]);
  });

  it('shows a shift as it was planned last', async () => {
    const planned = (data: object) => recorded('workforce.shift-scheduled', { ...ShiftScheduledV1.sample, ...data });
    const table = await new MemoryTable(shiftRows).apply(planned({}), planned({ employeeId: 'employee-4' }));
    expect(table.all()).toMatchObject([{ employee_id: 'employee-4', break_minutes: 30 }]);
  });

  it('keeps why somebody asks for leave to the log', async () => {
    const asked = recorded('workforce.leave-requested', { ...LeaveRequestedV1.sample, reason: 'a secret' });
    const table = await new MemoryTable(leaveRows).apply(asked);
    expect(table.all()).toMatchObject([{ leave_id: 'leave-88', ends_on: '2026-12-28' }]);
    expect(JSON.stringify(table.all())).not.toContain('secret');
  });
});
