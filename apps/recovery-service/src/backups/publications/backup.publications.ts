import { BackupCompletedV1, BackupFailedV1, BackupStartedV1, BackupVerifiedV1 } from '#libs/contracts';
import type { Publication } from '#libs/messaging';

/** Attempts, reasons of people and the checks of a failure stay ours: the contract's schema leaves them out. */
export const backupPublication: Publication = ({ type, data }) => {
  switch (type) {
    case 'recovery.backup-started':
      return { type: BackupStartedV1.type, data: BackupStartedV1.data.parse(data) };
    case 'recovery.backup-completed':
      return { type: BackupCompletedV1.type, data: BackupCompletedV1.data.parse(data) };
    case 'recovery.backup-verified':
      return { type: BackupVerifiedV1.type, data: BackupVerifiedV1.data.parse(data) };
    case 'recovery.backup-failed':
      return { type: BackupFailedV1.type, data: BackupFailedV1.data.parse(data) };
    default:
      return undefined;
  }
};
