import { assertNever, type Decider } from '#libs/kernel';
import { evolve, unknownComponent, type ComponentHealth, type ComponentHealthEvent } from './component-health.ts';
import { judgeHeartbeats, type JudgeHeartbeats } from './judge-heartbeats.ts';
import {
  noteCompletedAssessment,
  noteFailedAssessment,
  type NoteCompletedAssessment,
  type NoteFailedAssessment,
} from './note-assessments.ts';
import { notePause, noteResume, noteStart, type NotePause, type NoteResume, type NoteStart } from './note-turns.ts';

export type ComponentHealthCommand =
  JudgeHeartbeats | NoteFailedAssessment | NoteCompletedAssessment | NoteStart | NotePause | NoteResume;

export const componentHealthDecider: Decider<ComponentHealth, ComponentHealthCommand, ComponentHealthEvent> = {
  initialState: unknownComponent,
  evolve,
  decide(command, state) {
    switch (command.type) {
      case 'judge-heartbeats':
        return judgeHeartbeats(command, state);
      case 'note-failed-assessment':
        return noteFailedAssessment(command, state);
      case 'note-completed-assessment':
        return noteCompletedAssessment(command, state);
      case 'note-start':
        return noteStart(command, state);
      case 'note-pause':
        return notePause(command, state);
      case 'note-resume':
        return noteResume(command, state);
      default:
        return assertNever(command);
    }
  },
};
