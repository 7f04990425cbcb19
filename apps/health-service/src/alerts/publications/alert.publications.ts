import { AlertAcknowledgedV1, AlertRaisedV1, AlertResolvedV1 } from '#libs/contracts';
import { alertOutlet, type Outlet, type Publication } from '#libs/messaging';
import { alertLabels } from '../adapters/alert-labels.ts';

const CONTRACTS = new Map(
  [AlertRaisedV1, AlertAcknowledgedV1, AlertResolvedV1].map((contract) => [
    `${contract.area}.${contract.event}`,
    contract,
  ]),
);

/** Every event of an alert is told, as its contract says. */
export const publishAlerts: Publication = (event) => {
  const contract = CONTRACTS.get(event.type);
  return contract && { type: contract.type, data: contract.data.parse(event.data) };
};

/** To `alerts.<tenant>.<severity>.<name>`: all events of an alert on one subject. */
export const alertsOutlet: Outlet = alertOutlet(publishAlerts, (_published, event) => alertLabels.parse(event.data));
