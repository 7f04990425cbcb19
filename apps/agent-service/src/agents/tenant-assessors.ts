import type { TenantId } from '#libs/kernel';
import { Assessor, type AgentDefinition, type Assessed, type AssessorStart, type LoggedFact } from '#libs/agent-kit';
import { position, START, type Database, type EventStore, type Queryable, type RecordedEvent } from '#libs/event-store';
import { AssessorStorage } from './adapters/assessor-storage.ts';
import { loggedFactOf } from './logged-fact.ts';
import type { SettingsHistory } from './settings-history.ts';

type Tools = Readonly<{ database: Database; store: EventStore; settings: SettingsHistory }>;

/** Something that was assessed, and of whose business. */
export type AssessedOfTenant = Assessed & Readonly<{ tenant: TenantId }>;

/** What a look at some events led to. */
export type Stretch = Readonly<{
  assessed: readonly AssessedOfTenant[];
  facts: number;
  /** The last event that was looked at. */
  upTo: number;
}>;

const RECALL_BATCH = 2_000;

/** One agent at work on all businesses: an assessor for each, made anew from what was saved and from the log. */
export class TenantAssessors<Book> {
  private readonly agent: AgentDefinition<Book>;
  private readonly handled: ReadonlySet<string>;
  private readonly tools: Tools;
  private readonly storage: AssessorStorage<Book>;
  private readonly byTenant = new Map<TenantId, Assessor<Book>>();
  /** Whose clock or turns moved since they were last written. */
  private readonly moved = new Set<TenantId>();
  private readonly unsaved = new Set<TenantId>();

  constructor(agent: AgentDefinition<Book>, tools: Tools) {
    this.agent = agent;
    this.handled = new Set<string>(agent.handles);
    this.tools = tools;
    this.storage = new AssessorStorage(agent);
  }

  /** Makes what the agent knew at its checkpoint: saved books, and what the log says after them. */
  async load(checkpoint: number): Promise<void> {
    const { database } = this.tools;
    const progress = await this.storage.progress(database);
    const situations = await this.storage.situations(database);
    const books = await this.storage.books(database);
    const foldedUpTo = new Map<TenantId, number>();
    for (const [tenant, known] of progress) {
      const saved = books.get(tenant);
      // A book that is ahead belongs to a run whose checkpoint was lost.
      const book = saved && saved.position <= checkpoint ? saved : undefined;
      foldedUpTo.set(tenant, book?.position ?? START);
      await this.meet(tenant, checkpoint, {
        progress: known,
        findings: situations.get(tenant) ?? [],
        ...(book === undefined ? {} : { book: book.book }),
      });
    }
    await this.recall(foldedUpTo, checkpoint);
  }

  /**
   * Looks at some events of the log, in its order, until enough is to be decided.
   * @param mostDecisions after so many the rest of the events waits for the next look
   */
  async look(events: readonly RecordedEvent[], mostDecisions: number): Promise<Stretch> {
    const assessed: AssessedOfTenant[] = [];
    let facts = 0;
    let toDecide = 0;
    for (const event of events) {
      if (this.tools.settings.hear(event)) this.passOnSettings();
      const fact = this.factOf(event);
      if (!fact) continue;
      const { tenant } = event;
      const assessor = this.byTenant.get(tenant) ?? (await this.meet(tenant, event.position));
      const led = assessor.take(fact);
      facts += 1;
      this.moved.add(tenant);
      this.unsaved.add(tenant);
      for (const one of led) assessed.push({ ...one, tenant });
      toDecide += led.filter(({ kind }) => kind === 'decide').length;
      if (toDecide >= mostDecisions) return { assessed, facts, upTo: event.position };
    }
    return { assessed, facts, upTo: events.at(-1)?.position ?? START };
  }

  /** Gives the schedules of all businesses the turns that came due while nothing happened. */
  lookIdle(nowMs: number, idleMs: number): readonly AssessedOfTenant[] {
    return [...this.byTenant].flatMap(([tenant, assessor]) => {
      const before = assessor.turnsTaken;
      const led = assessor.takeIdleTurns(nowMs, idleMs);
      if (assessor.turnsTaken !== before) this.moved.add(tenant);
      return led.map((one) => ({ ...one, tenant }));
    });
  }

  /** Whether something moved that must be written. */
  get hasMoved(): boolean {
    return this.moved.size > 0;
  }

  /** Writes clocks and turns that moved; they become true with the checkpoint. */
  async writeProgress(transaction: Queryable): Promise<void> {
    const rows = [...this.moved].flatMap((tenant) => {
      const assessor = this.byTenant.get(tenant);
      return assessor ? [[tenant, assessor.progress] as const] : [];
    });
    await this.storage.writeProgress(transaction, rows);
  }

  /** The transaction with the progress was committed. */
  noteWritten(): void {
    this.moved.clear();
  }

  /** Saves books that changed, as they stand at the checkpoint that was committed. */
  async saveBooks(checkpoint: number): Promise<void> {
    for (const tenant of this.unsaved) {
      const book = this.byTenant.get(tenant)?.book;
      if (book !== undefined) await this.storage.saveBook(this.tools.database, tenant, { position: checkpoint, book });
    }
    this.unsaved.clear();
  }

  private async meet(
    tenant: TenantId,
    upTo: number,
    start: Omit<AssessorStart<Book>, 'settings'> = {},
  ): Promise<Assessor<Book>> {
    const { settings } = this.tools;
    await settings.load(tenant, upTo);
    const assessor = new Assessor(this.agent, tenant, { ...start, settings: settings.of(tenant) });
    this.byTenant.set(tenant, assessor);
    return assessor;
  }

  private async recall(foldedUpTo: ReadonlyMap<TenantId, number>, checkpoint: number): Promise<void> {
    let after = Math.min(checkpoint, ...foldedUpTo.values());
    while (after < checkpoint) {
      const events = await this.tools.store.readAll({ after: position(after), limit: RECALL_BATCH });
      for (const event of events) {
        if (event.position > checkpoint || event.position <= (foldedUpTo.get(event.tenant) ?? checkpoint)) continue;
        const fact = this.factOf(event);
        if (fact) this.byTenant.get(event.tenant)?.recall(fact);
      }
      after = events.at(-1)?.position ?? checkpoint;
    }
  }

  private factOf(event: RecordedEvent): LoggedFact | undefined {
    if (!FACT_TYPE.test(event.type)) return undefined;
    const fact = loggedFactOf(event);
    return fact && this.handled.has(fact.type) ? fact : undefined;
  }

  private passOnSettings(): void {
    for (const [tenant, assessor] of this.byTenant) assessor.useSettings(this.tools.settings.of(tenant));
  }
}

/** What happened in the business, and outcomes; most of what agents say about themselves is passed over unread. */
const FACT_TYPE = /^(?:sales|accounting|inventory|workforce)\.|^agent\.outcome-recorded$/;
