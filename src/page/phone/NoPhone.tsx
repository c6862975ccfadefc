import { ScreenLink } from '../parts/PageHeader.tsx';
import { strings } from '../strings.ts';

/** Leads away from the phone of a server on which nobody can sign in. */
export function NoPhone() {
  return (
    <section class="card phone-card">
      <h1>{strings.phone.none}</h1>
      <p>{strings.phone.noneText}</p>
      <p>
        <ScreenLink name="lobby" />
      </p>
    </section>
  );
}
