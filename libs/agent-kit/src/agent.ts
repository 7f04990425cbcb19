import type { AgentId } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import type { BusinessFact, FactType } from './business-fact.ts';
import type { Detector } from './detector.ts';

/**
 * What an agent knows of one business: a fold of its facts, in the log's order, kept in memory. A book is plain data (objects,
 * arrays, maps, sets, texts and numbers), so that it can be saved and read back as it is; `enter` changes it in place.
 */
export type BookKeeping<Book> = Readonly<{
  /** Rises when the book's form or fold changes; a saved book of another version is folded anew from the log. */
  version: number;
  open: () => Book;
  /** Must not throw on any fact that its contract allows. */
  enter: (book: Book, fact: BusinessFact, settings: BusinessSettings) => void;
}>;

/**
 * An agent is a definition, not a class to inherit from: what it knows and what it looks for. The machinery runs any
 * of them and knows none by name.
 */
export type AgentDefinition<Book> = Readonly<{
  id: AgentId;
  name: string;
  /** The facts that its book takes. */
  handles: readonly FactType[];
  bookKeeping: BookKeeping<Book>;
  detectors: readonly Detector<Book>[];
  isEnabled: (settings: BusinessSettings) => boolean;
}>;
