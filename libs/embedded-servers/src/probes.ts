import { connect } from 'node:net';

const TIMEOUT_MS = 2_000;
const PROTOCOL_3 = 196_608;
const AUTHENTICATION_REQUEST = 'R';

/** What a server says first, after `greeting` when it waits for one; empty when it does not answer. */
async function firstWords(port: number, greeting?: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (words: string): void => {
      socket.destroy();
      resolve(words);
    };
    socket.setTimeout(TIMEOUT_MS, () => {
      settle('');
    });
    socket.once('connect', () => {
      if (greeting !== undefined) socket.write(greeting);
    });
    socket.once('data', (bytes: Buffer) => {
      settle(bytes.toString('latin1'));
    });
    socket.once('error', () => {
      settle('');
    });
    socket.once('close', () => {
      settle('');
    });
  });
}

/** Whether PostgreSQL would let somebody log in: it asks who we are, rather than say that it is starting up. */
export async function postgresAnswers(port: number, user: string): Promise<boolean> {
  const parameters = Buffer.from(`user\0${user}\0database\0postgres\0\0`, 'utf8');
  const greeting = Buffer.alloc(8 + parameters.length);
  greeting.writeInt32BE(greeting.length, 0);
  greeting.writeInt32BE(PROTOCOL_3, 4);
  parameters.copy(greeting, 8);
  return (await firstWords(port, greeting)).startsWith(AUTHENTICATION_REQUEST);
}

/** Whether nats-server introduces itself by this name and, when it is wanted, has JetStream. */
export async function natsAnswers(port: number, name: string, jetstream: boolean): Promise<boolean> {
  const words = await firstWords(port);
  return words.startsWith('INFO ') && words.includes(`"${name}"`) && (!jetstream || words.includes('"jetstream":true'));
}
