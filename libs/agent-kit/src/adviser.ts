import type { Consultation } from '#libs/contracts';
import type { Money } from '#libs/kernel';
import type { BookKeeping } from './agent.ts';
import type { Look } from './detector.ts';

/** One agent may ask another before it decides; the answer becomes part of the evidence. */
export type CashQuestion = Readonly<{ amount: Money; purpose: string }>;

/** Whether money is there for a purchase. */
export type CashAnswer = Readonly<{
  verdict: 'affordable' | 'tight' | 'unaffordable' | 'unknown';
  consultation: Consultation;
}>;

/**
 * What an agent lets others ask: a book that the asker keeps beside its own, so that the answer is of the very log
 * position at which the question stands, and a pure function that answers from it.
 */
export type Adviser<Book, Asked, Answer> = Readonly<{
  bookKeeping: BookKeeping<Book>;
  answer: (question: Asked, look: Look<Book>) => Answer;
}>;

/** Accounting, asked for cash. */
export type CashAdviser<Book> = Adviser<Book, CashQuestion, CashAnswer>;
