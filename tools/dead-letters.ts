/** `npm run dead-letters`: what the services could not handle, and what becomes of it; `--help` tells its options. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DeadLetterDetail, DeadLetterPage } from '#libs/messaging';
import { detailLines, itemLines } from './dead-letters/lines.ts';
import { HELP, readOptions, WrongOptions, type Command, type Options } from './dead-letters/options.ts';
import { NoAnswer, Refused, ServiceDesk } from './dead-letters/service-desk.ts';

const POLL_MS = 250;
const NOT_FOUND = 404;

/** Does the same at each service; one that does not answer keeps nobody from looking at the others. @returns the exit code */
async function atEach(desks: readonly ServiceDesk[], act: (desk: ServiceDesk) => Promise<void>): Promise<number> {
  let code = 0;
  for (const desk of desks) {
    try {
      await act(desk);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      console.error(error.message);
      code = 1;
    }
  }
  return code;
}

async function show(
  desks: readonly ServiceDesk[],
  read: (desk: ServiceDesk) => Promise<DeadLetterPage>,
  none: string,
): Promise<number> {
  let shown = 0;
  const code = await atEach(desks, async (desk) => {
    const { data, hasMore } = await read(desk);
    for (const item of data) console.log(itemLines(desk.service, item));
    if (hasMore)
      console.log(`${desk.service} has more than these ${data.length}; --limit, --consumer and --code choose.`);
    shown += data.length;
  });
  if (shown === 0 && code === 0) console.log(none);
  return code;
}

function redriveMany(desks: readonly ServiceDesk[], { consumer, code, failedBefore }: Options): Promise<number> {
  return atEach(desks, async (desk) => {
    console.log(`${desk.service}: ${await desk.redriveMany({ consumer, code, failedBefore })} are tried again.`);
  });
}

/** Tries it again and looks how that goes. */
async function redrive(desk: ServiceDesk, id: number, waitMs: number): Promise<number> {
  const which = `Message ${id} of ${desk.service}-service`;
  await desk.redrive(id);
  const startedAt = performance.now();
  while (performance.now() - startedAt < waitMs) {
    await delay(POLL_MS);
    const now = await lookAt(desk, id);
    if (now === undefined) {
      console.log(`${which} was handled.`);
      return 0;
    }
    if (now.state === 'dead') {
      console.error(`${which} is dead again.\n${detailLines(desk.service, now)}`);
      return 1;
    }
  }
  console.log(`${which} is tried again. When it was handled it is gone from the list.`);
  return 0;
}

/** Nothing when it is gone. */
async function lookAt(desk: ServiceDesk, id: number): Promise<DeadLetterDetail | undefined> {
  try {
    return await desk.get(id);
  } catch (error) {
    if (error instanceof Refused && error.status === NOT_FOUND) return undefined;
    throw error;
  }
}

async function discard(desk: ServiceDesk, id: number, reason: string): Promise<number> {
  const { stream } = await desk.discard(id, reason);
  console.log(
    `Message ${id} of ${desk.service}-service is discarded.${stream === null ? '' : ` What waits behind it in ${stream} goes on.`}`,
  );
  return 0;
}

async function run(command: Command, options: Options): Promise<number> {
  const desks = [...options.urls].map(([service, url]) => new ServiceDesk(service, url, options));
  const [desk] = desks;
  if (!desk) throw new WrongOptions('No service is named.');
  switch (command.name) {
    case 'help':
      console.log(HELP);
      return 0;
    case 'list':
      return show(desks, (each) => each.list(), 'No message is put aside.');
    case 'blocked':
      return show(desks, (each) => each.blocked(), 'No stream is blocked.');
    case 'redrive-many':
      return redriveMany(desks, options);
    case 'show':
      console.log(detailLines(command.service, await desk.get(command.id)));
      return 0;
    case 'redrive':
      return redrive(desk, command.id, options.waitMs);
    case 'discard':
      return discard(desk, command.id, command.reason);
  }
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  process.exitCode = await run(options.command, options);
} catch (error) {
  const isUsage = error instanceof WrongOptions;
  console.error(error instanceof Error ? error.message : String(error));
  if (isUsage) console.error('npm run dead-letters -- --help says more.');
  process.exitCode = isUsage ? 2 : 1;
}
