import type { QueryRunner } from 'typeorm';
import { z } from 'zod';

const names = z.tuple([z.object({ schema: z.string(), quoted: z.string() })]);

/** The schema that a migration works in, plain and quoted for SQL; functions must pin it. */
export async function currentSchema(queryRunner: QueryRunner): Promise<z.infer<typeof names>[0]> {
  const [found] = names.parse(
    await queryRunner.query('select current_schema() as schema, quote_ident(current_schema()) as quoted'),
  );
  return found;
}
