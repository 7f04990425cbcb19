import {
  AgentBecameUnhealthyV1,
  AgentRecoveredV1,
  ComponentBecameUnhealthyV1,
  ComponentRecoveredV1,
} from '#libs/contracts';
import type { Publication } from '#libs/messaging';

const CONTRACTS = new Map(
  [AgentBecameUnhealthyV1, AgentRecoveredV1, ComponentBecameUnhealthyV1, ComponentRecoveredV1].map((contract) => [
    `${contract.area}.${contract.event}`,
    contract,
  ]),
);

/** Who became unhealthy or recovered is told; what was only noted stays here. */
export const publishComponentHealth: Publication = (event) => {
  const contract = CONTRACTS.get(event.type);
  return contract && { type: contract.type, data: contract.data.parse(event.data) };
};
