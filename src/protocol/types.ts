import type { z } from 'zod';
import type { commandTable } from './commands.ts';
import type { WireError } from './errors.ts';
import type { notices } from './notices.ts';
import type * as schemas from './schemas.ts';

/** The types of both ends of the wire. They all follow from the tables of commands and notices. */
export type Commands = ReturnType<typeof commandTable>;
export type CommandName = keyof Commands;
/** The payload that a client sends. */
export type CommandPayload<Name extends CommandName> = z.input<Commands[Name]['input']>;
/** The payload that a handler gets: checked, cleaned, with its defaults. */
export type CommandInput<Name extends CommandName> = z.output<Commands[Name]['input']>;
export type CommandOutput<Name extends CommandName> = z.output<Commands[Name]['output']>;
/** What a command answers where it has led to something else: never, but for the commands that say so. */
export type OtherOutput<Name extends CommandName> = z.output<NonNullable<Commands[Name]['otherwise']>>;
export type Reply<Name extends CommandName> = ({ ok: true } & CommandOutput<Name>) | { ok: false; error: WireError };
export type OtherReply<Name extends CommandName> = { ok: true } & OtherOutput<Name>;

export type NoticeName = keyof typeof notices;
export type NoticePayload<Name extends NoticeName> = z.output<(typeof notices)[Name]['payload']>;

/** The event maps that Socket.IO's client and server take. */
export type ClientToServer = {
  [Name in CommandName]: (payload: CommandPayload<Name>, ack?: (reply: Reply<Name> | OtherReply<Name>) => void) => void;
};
export type ServerToClient = { [Name in NoticeName]: (payload: NoticePayload<Name>) => void };

/** A consultation: a meeting of a provider with clients, in a workspace of its own while it is open. */
export type ConsultationRecord = z.output<typeof schemas.consultation>;
/** A message of a chat, as the server keeps it. */
export type PostedMessage = z.output<typeof schemas.chatMessage>;
/** Somebody with a seat in a workspace. */
export type AttendeeRecord = z.output<typeof schemas.attendee>;
/** Somebody who waits to be admitted. */
export type KnockRecord = z.output<typeof schemas.knock>;
/** A place in a waiting room: 1 is the next one. */
export type WaitingPlace = z.output<typeof schemas.waitingPlace>;
export type IceServerRecord = z.output<typeof schemas.iceServer>;
/** An invite of a user into a workspace; with `ring` it is a call. */
export type InviteRecord = z.output<typeof schemas.invite>;
/** Something that a user missed. */
export type InboxItemRecord = z.output<typeof schemas.inboxItem>;
