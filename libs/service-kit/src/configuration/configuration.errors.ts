import { DomainError } from '#libs/kernel';

/** One variable that is missing or wrong. Never holds the value of a secret. */
export type ConfigurationProblem = Readonly<{ name: string; problem: string; expected: string }>;

/** The environment does not describe a service that can run; names every wrong variable at once. */
export class ConfigurationInvalid extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'configuration/invalid';
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ name, problem, expected }) => `  ${name} ${problem}; expected: ${expected}`);
    super(`The environment has ${problems.length} wrong variable(s). Set them and start again:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}
