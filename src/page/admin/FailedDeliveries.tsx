import { RotateCw } from 'lucide-preact';
import type { Act } from './act.ts';
import { fromNow } from './format.ts';
import type { Answer, FailedDelivery, List } from './overview.ts';
import { Section } from './Section.tsx';
import { strings } from './strings.ts';
import { Time } from './Time.tsx';

interface FailedDeliveriesProps {
  deliveries: Answer<List<FailedDelivery>>;
  now: number;
  act: Act;
}

/** The deliveries of webhooks that failed, each with a button that sends it again. */
export function FailedDeliveries({ deliveries, now, act }: FailedDeliveriesProps) {
  const retry = ({ webhook, event }: FailedDelivery) =>
    act(
      (api) => api.post(`webhooks/${encodeURIComponent(webhook.id)}/deliveries/${encodeURIComponent(event.id)}/retry`),
      strings.deliveries.retried,
    );
  return (
    <Section title={strings.deliveries.title} answer={deliveries} none={strings.deliveries.none}>
      {(items) => (
        <ul>
          {items.map((delivery) => (
            <li key={`${delivery.webhook.id} ${delivery.event.id}`} class="admin-row">
              <div class="admin-row-text">
                <p class="admin-row-head">
                  <b>{delivery.event.type}</b>
                  {delivery.lastAttemptAt !== null && (
                    <span class="quiet">
                      <Time at={delivery.lastAttemptAt} now={now} />
                    </span>
                  )}
                  {delivery.nextAttemptAt === null && <span class="badge badge-danger">{strings.deliveries.dead}</span>}
                </p>
                <p>{delivery.lastError}</p>
                {delivery.webhook.disabled && <p>{strings.deliveries.disabled}</p>}
                <p class="quiet">{attemptsOf(delivery, now)}</p>
                <p class="quiet admin-id">{delivery.webhook.url}</p>
                <p class="quiet admin-id">{delivery.event.id}</p>
              </div>
              <button
                type="button"
                class="button button-small"
                aria-label={strings.deliveries.retryOf(delivery.event.id)}
                onClick={() => void retry(delivery)}
              >
                <RotateCw size={16} />
                {strings.deliveries.retry}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function attemptsOf({ attempts, nextAttemptAt }: FailedDelivery, now: number): string {
  const made = strings.deliveries.attempts(attempts);
  return nextAttemptAt === null ? made : `${made}, ${strings.deliveries.next(fromNow(nextAttemptAt, now))}`;
}
