import { readFileSync } from 'node:fs';

const KIBIBYTES_PER_MEBIBYTE = 1_024;

/** Memory that a process has in use now; 0 where the system does not tell. */
export function residentMebibytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / KIBIBYTES_PER_MEBIBYTE;
}
