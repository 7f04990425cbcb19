import { setTimeout as delay } from 'node:timers/promises';
import type { DeadLetterDetail, DeadLetterPage } from '#libs/messaging';
import { detailLines, itemLines } from './lines.ts';
import { HELP, WrongOptions, type Options } from './options.ts';
import { NoAnswer, Refused, ServiceDesk } from './service-desk.ts';

/** Where a person reads. */
export type Screen = Readonly<{ say: (text: string) => void; complain: (text: string) => void }>;

const POLL_MS = 250;
const NOT_FOUND = 404;

/** Does the same at each service; one that does not answer keeps nobody from looking at the others. @returns the exit code */
async function atEach(
  screen: Screen,
  desks: readonly ServiceDesk[],
  act: (desk: ServiceDesk) => Promise<void>,
): Promise<number> {
  let code = 0;
  for (const desk of desks) {
    try {
      await act(desk);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      screen.complain(error.message);
      code = 1;
    }
  }
  return code;
}

async function show(
  screen: Screen,
  desks: readonly ServiceDesk[],
  read: (desk: ServiceDesk) => Promise<DeadLetterPage>,
  none: string,
): Promise<number> {
  let shown = 0;
  const code = await atEach(screen, desks, async (desk) => {
    const { data, hasMore } = await read(desk);
    for (const item of data) screen.say(itemLines(desk.service, item));
    if (hasMore)
      screen.say(`${desk.service} has more than these ${data.length}; --limit, --consumer and --code choose.`);
    shown += data.length;
  });
  if (shown === 0 && code === 0) screen.say(none);
  return code;
}

function redriveMany(
  screen: Screen,
  desks: readonly ServiceDesk[],
  { consumer, code, failedBefore }: Options,
): Promise<number> {
  return atEach(screen, desks, async (desk) => {
    screen.say(`${desk.service}: ${await desk.redriveMany({ consumer, code, failedBefore })} are tried again.`);
  });
}

/** Tries it again and looks how that goes. */
async function redrive(
  screen: Screen,
  desk: ServiceDesk,
  { id, waitMs }: Readonly<{ id: number; waitMs: number }>,
): Promise<number> {
  const which = `Message ${id} of ${desk.service}-service`;
  await desk.redrive(id);
  const startedAt = performance.now();
  while (performance.now() - startedAt < waitMs) {
    await delay(POLL_MS);
    const now = await lookAt(desk, id);
    if (now === undefined) {
      screen.say(`${which} was handled.`);
      return 0;
    }
    if (now.state === 'dead') {
      screen.complain(`${which} is dead again.\n${detailLines(desk.service, now)}`);
      return 1;
    }
  }
  screen.say(`${which} is tried again. When it was handled it is gone from the list.`);
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

async function discard(
  screen: Screen,
  desk: ServiceDesk,
  { id, reason }: Readonly<{ id: number; reason: string }>,
): Promise<number> {
  const { stream } = await desk.discard(id, reason);
  screen.say(
    `Message ${id} of ${desk.service}-service is discarded.${stream === null ? '' : ` What waits behind it in ${stream} goes on.`}`,
  );
  return 0;
}

/**
 * Does what the command line asks for.
 * @returns the exit code
 * @throws Refused NoAnswer
 */
export async function run(options: Options, screen: Screen): Promise<number> {
  const { command } = options;
  const desks = [...options.urls].map(([service, url]) => new ServiceDesk(service, url, options));
  const [desk] = desks;
  if (!desk) throw new WrongOptions('No service is named.');
  switch (command.name) {
    case 'help':
      screen.say(HELP);
      return 0;
    case 'list':
      return show(screen, desks, (each) => each.list(), 'No message is put aside.');
    case 'blocked':
      return show(screen, desks, (each) => each.blocked(), 'No stream is blocked.');
    case 'redrive-many':
      return redriveMany(screen, desks, options);
    case 'show':
      screen.say(detailLines(command.service, await desk.get(command.id)));
      return 0;
    case 'redrive':
      return redrive(screen, desk, { id: command.id, waitMs: options.waitMs });
    case 'discard':
      return discard(screen, desk, command);
  }
}
