import { sql, type Transaction } from 'kysely';
import type { CallParticipantsTable, CallsTable, Schema } from './schema.ts';
import { inStatements, isOf, type Of, type TakenEvent } from './taken-event.ts';

/**
 * Records the calls that begin, change and end. The end of a call holds everything about it, and replaces what was
 * recorded meanwhile. However many events there are, the number of statements stays the same.
 */
export async function recordCalls(db: Transaction<Schema>, taken: readonly TakenEvent[]): Promise<void> {
  const ended = taken.filter((each) => isOf(each, 'call.ended'));
  const isOver = new Set(ended.map(({ event }) => event.data.call.id));
  const begun = taken
    .filter((each) => isOf(each, 'call.started'))
    .filter(({ event }) => !isOver.has(event.data.call.id));
  const { stays, departures } = coming(taken, isOver);
  await storeCalls(db, [...begun.map(begunCall), ...ended.map(endedCall)]);
  const known = await knownCalls(db, stays, begun);
  await storeParticipants(
    db,
    stays.filter(({ call_id }) => known.has(call_id)),
  );
  await storeDepartures(db, departures);
  await noteConnection(db, new Set(stays.map(({ call_id }) => call_id)));
  for (const some of inStatements([...isOver])) {
    await db.deleteFrom('call_participants').where('call_id', 'in', some).execute();
  }
  await storeParticipants(db, ended.flatMap(participantsOf));
}

/** The people who have come to calls that go on, and those who had come before and have left. */
function coming(taken: readonly TakenEvent[], isOver: ReadonlySet<string>) {
  const stays: CallParticipantsTable[] = [];
  const departures: Of<'call.participant_left'>[] = [];
  for (const each of taken) {
    if (isOf(each, 'call.participant_joined') && !isOver.has(each.event.data.call.id)) stays.push(newcomer(each));
    if (!isOf(each, 'call.participant_left') || isOver.has(each.event.data.call.id)) continue;
    const { at, data } = each.event;
    const stay = stays.findLast(
      ({ call_id, attendee_id }) => call_id === data.call.id && attendee_id === data.attendee.id,
    );
    if (stay) Object.assign(stay, { left_at: at, seconds: data.seconds });
    else departures.push(each);
  }
  return { stays, departures };
}

function begunCall({ workspace, event: { data } }: Of<'call.started'>): CallsTable {
  return {
    id: data.call.id,
    workspace_id: workspace.id,
    client_call_id: data.call.clientCallId,
    started_at: data.startedAt,
    connected_at: null,
    ended_at: null,
    end_reason: null,
    duration_seconds: null,
    billable_seconds: null,
    external_id: workspace.externalId,
    metadata: JSON.stringify(workspace.metadata),
  };
}

function endedCall({ workspace, event: { data } }: Of<'call.ended'>): CallsTable {
  return {
    id: data.call.id,
    workspace_id: workspace.id,
    client_call_id: data.call.clientCallId,
    started_at: data.startedAt,
    connected_at: data.connectedAt,
    ended_at: data.endedAt,
    end_reason: data.endReason,
    duration_seconds: data.durationSeconds,
    billable_seconds: data.billableSeconds,
    external_id: data.externalId,
    metadata: JSON.stringify(data.metadata),
  };
}

function newcomer({ event: { at, data } }: Of<'call.participant_joined'>): CallParticipantsTable {
  return {
    call_id: data.call.id,
    attendee_id: data.attendee.id,
    user_id: data.attendee.user?.id ?? null,
    joined_at: at,
    left_at: null,
    seconds: null,
  };
}

function participantsOf({ event: { data } }: Of<'call.ended'>): CallParticipantsTable[] {
  return data.participants.map(({ attendee, user, joinedAt, leftAt, seconds }) => ({
    call_id: data.call.id,
    attendee_id: attendee.id,
    user_id: user?.id ?? null,
    joined_at: joinedAt,
    left_at: leftAt,
    seconds,
  }));
}

async function storeCalls(db: Transaction<Schema>, calls: readonly CallsTable[]): Promise<void> {
  for (const some of inStatements(calls)) {
    await db
      .insertInto('calls')
      .values([...some])
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({
          connected_at: ref('excluded.connected_at'),
          ended_at: ref('excluded.ended_at'),
          end_reason: ref('excluded.end_reason'),
          duration_seconds: ref('excluded.duration_seconds'),
          billable_seconds: ref('excluded.billable_seconds'),
          external_id: ref('excluded.external_id'),
          metadata: ref('excluded.metadata'),
        })),
      )
      .execute();
  }
}

async function storeParticipants(db: Transaction<Schema>, participants: CallParticipantsTable[]): Promise<void> {
  for (const some of inStatements(participants)) {
    await db
      .insertInto('call_participants')
      .values([...some])
      .onConflict((conflict) => conflict.columns(['call_id', 'attendee_id', 'joined_at']).doNothing())
      .execute();
  }
}

/** Behind a gap, the records may not know the call that somebody comes to. Its end will tell them. */
async function knownCalls(
  db: Transaction<Schema>,
  stays: readonly CallParticipantsTable[],
  begun: readonly Of<'call.started'>[],
): Promise<ReadonlySet<string>> {
  const known = new Set(begun.map(({ event }) => event.data.call.id));
  const others = new Set(stays.map(({ call_id }) => call_id).filter((id) => !known.has(id)));
  for (const some of inStatements([...others])) {
    const rows = await db.selectFrom('calls').select('id').where('id', 'in', some).execute();
    for (const { id } of rows) known.add(id);
  }
  return known;
}

async function storeDepartures(db: Transaction<Schema>, left: readonly Of<'call.participant_left'>[]): Promise<void> {
  for (const some of inStatements(left)) {
    const rows = some.map(
      ({ event: { at, data } }) =>
        sql`(cast(${data.call.id} as text), cast(${data.attendee.id} as text), cast(${at} as bigint),
          cast(${data.seconds} as double precision))`,
    );
    await sql`
      with departures(call_id, attendee_id, at, seconds) as (values ${sql.join(rows)})
      update call_participants set left_at = departures.at, seconds = departures.seconds from departures
      where call_participants.call_id = departures.call_id and call_participants.attendee_id = departures.attendee_id
        and call_participants.left_at is null`.execute(db);
  }
}

/** A call is connected from when its second participant came. */
async function noteConnection(db: Transaction<Schema>, ids: ReadonlySet<string>): Promise<void> {
  for (const some of inStatements([...ids])) {
    await db
      .updateTable('calls')
      .set(({ selectFrom }) => ({
        connected_at: selectFrom('call_participants')
          .select('joined_at')
          .whereRef('call_participants.call_id', '=', 'calls.id')
          .orderBy('joined_at')
          .limit(1)
          .offset(1),
      }))
      .where('id', 'in', some)
      .where('connected_at', 'is', null)
      .execute();
  }
}
