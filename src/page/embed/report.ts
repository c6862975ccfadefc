import { CommandError } from '../../client/errors.ts';
import type { ClientState, MeshClient } from '../../client/mesh-client.ts';
import type { Failure, Report } from '../../embed/messages.ts';
import { describeError } from '../describe-error.ts';
import { strings } from '../strings.ts';
import { describeSignInProblem, signInProblem } from '../user/sign-in-problem.ts';
import { joinProblem } from './join-problem.ts';

/** An error as the page around this one gets it. */
export function failureOf(error: unknown, describe = describeError): Failure {
  return { code: error instanceof CommandError ? error.code : 'INTERNAL', message: describe(error) };
}

/** The call that this person is on; null while they are on none. */
const callOf = ({ call }: ClientState) => (call?.joined ? call : null);

/** What one state means after another, for the page around this one. It holds no token, and nothing about other people. */
function* reportsOf(former: ClientState, state: ClientState): Generator<Report> {
  const { seat, waiting, ended } = state;
  const [formerCall, call] = [callOf(former), callOf(state)];
  if (formerCall && formerCall.id !== call?.id) {
    yield { event: 'mesh-call-ended', detail: { call: { id: formerCall.id } } };
  }
  const hadPlace = former.seat !== null || former.waiting !== null;
  if (hadPlace && !seat && !waiting && ended) yield { event: 'mesh-left', detail: { reason: ended } };
  if (waiting && waiting.place !== former.waiting?.place) {
    const { id, name } = waiting.workspace;
    yield { event: 'mesh-waiting', detail: { workspace: { id, name }, place: waiting.place } };
  }
  if (seat && seat.self !== former.seat?.self) {
    const { workspace, isOwner, self } = seat;
    const name = seat.attendees.find(({ id }) => id === self)?.name ?? '';
    const detail = { workspace: { id: workspace.id, name: workspace.name }, attendee: { id: self, name }, isOwner };
    yield { event: 'mesh-joined', detail };
  }
  if (call && call.id !== formerCall?.id) {
    yield { event: 'mesh-call-started', detail: { call: { id: call.id, startedAt: call.startedAt } } };
  }
}

/** Tells the page around this one what happens, from now on. */
export function reportTo(tell: (report: Report) => void, client: MeshClient): void {
  let former = client.state.value;
  client.state.subscribe((state) => {
    const reports = [...reportsOf(former, state)];
    former = state;
    for (const report of reports) tell(report);
  });
  client.on('call-ending', ({ endsAt }) => {
    const secondsLeft = Math.max(0, Math.round((endsAt - client.serverNow()) / 1000));
    tell({ event: 'mesh-call-ending', detail: { endsAt, secondsLeft } });
  });
  const fail = (detail: Failure) => tell({ event: 'mesh-error', detail });
  signInProblem.subscribe((error) => error !== null && fail(failureOf(error, describeSignInProblem)));
  joinProblem.subscribe((error) => error !== null && fail(failureOf(error)));
  let formerProblem = client.media.state.value.problem;
  client.media.state.subscribe(({ problem }) => {
    if (problem === formerProblem) return;
    formerProblem = problem;
    if (!problem) return;
    const code = problem.toUpperCase().replaceAll('-', '_');
    fail({ code, message: strings.media.problems[problem].title });
  });
}
