import type { Bus } from '#libs/messaging';
import { answerQuery, type QueryTools } from './answer-query.ts';

export type AnswerQueriesOptions = QueryTools &
  Readonly<{
    bus: Bus;
    /** `query.<service>.<name>` */
    subject: string;
    /** Its instances share the queries. */
    service: string;
  }>;

/**
 * Answers a query for all who ask over the bus, as one of the service's instances.
 * @returns the way to stop: resolves when every query that had come is answered; others go to the other instances
 */
export function answerQueries({ bus, subject, service, ...tools }: AnswerQueriesOptions): () => Promise<void> {
  const underWay = new Set<Promise<void>>();
  const stop = bus.serve(
    subject,
    (message) => {
      const work = answerQuery(message, tools).finally(() => underWay.delete(work));
      underWay.add(work);
    },
    service,
  );
  return async () => {
    await stop();
    await Promise.all(underWay);
  };
}
