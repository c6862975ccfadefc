// Made by `npm run docs` from src/server/rest/operations: change it there. Times are in ms since the epoch.
import type { Asked, ConditionalOptions, FileOptions, PostOptions, RequestOptions } from './asked.ts';
import type { Pages } from './pages.ts';

/** The codes of the server. docs/rest.md has a sentence for each. */
export type ProblemCode =
  | 'INVALID_TOKEN'
  | 'NOT_ALLOWED'
  | 'RATE_LIMITED'
  | 'INTERNAL'
  | 'BUSY_TRY_AGAIN'
  | 'INVALID_JSON'
  | 'INVALID_PAYLOAD'
  | 'TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'IDEMPOTENCY_KEY_IN_USE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'EXTERNAL_ID_TAKEN'
  | 'WORKSPACE_GONE'
  | 'PRECONDITION_FAILED'
  | 'CONFLICT'
  | 'NO_SUCH_USER'
  | 'NO_SUCH_ATTENDEE'
  | 'NO_CALL'
  | 'NOT_FOUND'
  | 'CONSULTATION_CLOSED'
  | 'NO_SUCH_CONSULTATION'
  | 'NO_RECORDING'
  | 'RANGE_NOT_SATISFIABLE'
  | 'METHOD_NOT_ALLOWED';

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly owner: {
    readonly id: string;
    readonly name: string;
    readonly user: {
      readonly id: string;
    } | null;
  };
  readonly externalId: string | null;
  readonly metadata: { readonly [name: string]: string };
  readonly hasPin: boolean;
  readonly capacity: number;
  /** ask: newcomers wait until the owner admits them. */
  readonly admission: 'open' | 'ask';
  readonly attendeeCount: number;
  /** How many people wait to be admitted. */
  readonly waitingCount: number;
  /** For all calls together; null: as long as they like. */
  readonly callMinutes: number | null;
  /** Since two were connected, of all calls together. */
  readonly callMinutesUsed: number;
  readonly call: {
    readonly id: string;
    readonly startedAt: number;
    readonly connectedAt: number | null;
    readonly endsAt: number | null;
  } | null;
  readonly createdAt: number;
  readonly rev: number;
}

export interface Link {
  readonly url: string;
  readonly token: string;
}

export interface Invite {
  readonly id: string;
  readonly workspace: {
    readonly id: string;
    readonly name: string;
  };
  readonly token: string;
  readonly from: {
    readonly id: string;
    readonly name: string;
    readonly user?:
      | {
          readonly id: string;
        }
      | undefined;
  };
  readonly ring: boolean;
  readonly media: 'audio' | 'video';
  readonly until: number | null;
  readonly call: string | null;
  readonly consultation: string | null;
  readonly subject?: string | undefined;
}

export interface Attendee {
  readonly id: string;
  readonly name: string;
  readonly avatar: string;
  readonly user: {
    readonly id: string;
  } | null;
  readonly owner: boolean;
  readonly connected: boolean;
  readonly onCall: boolean;
  readonly mic: boolean;
  readonly cam: boolean;
}

export interface Call {
  readonly id: string;
  /** The id that the client of its caller gave it. */
  readonly clientCallId: string;
  readonly workspace: {
    readonly id: string;
  };
  readonly status: 'active' | 'ended';
  readonly startedAt: number;
  /** When the second participant came. */
  readonly connectedAt: number | null;
  /** When it ends by its limit, while it is on. */
  readonly endsAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly durationSeconds: number | null;
  /** From connectedAt. */
  readonly billableSeconds: number | null;
  readonly participants: readonly {
    readonly attendee: {
      readonly id: string;
    };
    readonly user: {
      readonly id: string;
    } | null;
    readonly joinedAt: number;
    readonly leftAt: number | null;
    readonly seconds: number | null;
  }[];
  readonly externalId: string | null;
  readonly metadata: { readonly [name: string]: string };
}

export interface InboxItem {
  readonly seq: number;
  readonly type: string;
  readonly at: number;
  readonly seen: boolean;
  readonly from?:
    | {
        readonly id?: string | undefined;
        readonly name: string;
        readonly user: {
          readonly id: string;
        } | null;
      }
    | undefined;
  readonly workspace?:
    | {
        readonly id: string;
        readonly name: string;
      }
    | undefined;
  readonly consultation?: string | null | undefined;
  readonly call?: string | null | undefined;
  readonly subject?: string | undefined;
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  /** null: all but message.posted. */
  readonly types: readonly string[] | null;
  readonly disabled: boolean;
  readonly source: 'rest' | 'configuration';
  readonly createdAt: number | null;
}

export interface Delivery {
  readonly event: {
    readonly id: string;
    readonly type: string;
  };
  readonly workspace: {
    readonly id: string;
  } | null;
  readonly seq: number | null;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly createdAt: number;
  readonly lastAttemptAt: number | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  /** null: there is no further attempt. */
  readonly nextAttemptAt: number | null;
}

export interface Consultation {
  readonly id: string;
  readonly externalId: string | null;
  readonly subject: string;
  readonly status: 'open' | 'closed';
  /** The id of its workspace; null when it is closed. */
  readonly workspace: string | null;
  readonly provider: {
    readonly id: string;
    readonly name: string;
  };
  readonly clients: readonly {
    readonly id: string;
    readonly name: string;
  }[];
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** The connected time of all its calls. */
  readonly callSeconds: number;
  readonly call: {
    readonly startedAt: number;
    readonly connectedAt: number | null;
    readonly endsAt: number | null;
  } | null;
}

export interface Message {
  readonly seq: number;
  readonly at: number;
  readonly from: {
    readonly id: string;
    readonly name: string;
    readonly user?:
      | {
          readonly id: string;
        }
      | undefined;
  };
  readonly messageId: string;
  readonly text: string;
}

export interface RecordingDetails {
  readonly id: string;
  readonly workspace: {
    readonly id: string;
  };
  readonly call: {
    readonly id: string;
  };
  readonly externalId: string | null;
  /** recording: it is on; uploading: it is over, and parts are under way; completed: all parts are whole; partly, failed: some, or all, of them did not come in time. */
  readonly state: 'recording' | 'uploading' | 'completed' | 'partly' | 'failed';
  /** The attendee who started it; null: this API did. */
  readonly startedBy: {
    readonly id: string;
  } | null;
  readonly startedAt: number;
  readonly stoppedAt: number | null;
  /** When it was known which of its parts are whole. */
  readonly settledAt: number | null;
  /** All parts in one file; null where the server makes none, or not yet. */
  readonly film: {
    /** waiting: its turn has not come yet, or it is tried again; failed: it is not tried again. */
    readonly state: 'waiting' | 'composing' | 'complete' | 'failed';
    readonly mimeType: string;
    /** When its first picture was. */
    readonly startedAt: number | null;
    readonly durationSeconds: number | null;
    readonly bytes: number | null;
    /** In hexadecimal, once it is complete. */
    readonly sha256: string | null;
    /** Why there is none yet. */
    readonly problem: string | null;
  } | null;
  readonly parts: readonly RecordingPart[];
  readonly consents: readonly {
    readonly attendee: {
      readonly id: string;
    };
    readonly user: {
      readonly id: string;
    } | null;
    readonly name: string;
    readonly given: boolean;
    /** The version of the text that the attendee has read. */
    readonly text: string;
    readonly at: number;
  }[];
}

export interface RecordingPart {
  readonly n: number;
  readonly attendee: {
    readonly id: string;
  };
  readonly user: {
    readonly id: string;
  } | null;
  readonly name: string;
  readonly source: 'camera' | 'screen';
  readonly mimeType: string;
  readonly startedAt: number;
  /** Null where its client did not say. */
  readonly endedAt: number | null;
  /** Those that have come so far. */
  readonly bytes: number;
  /** In hexadecimal, once the part is whole. */
  readonly sha256: string | null;
  /** partial: the rest did not come in time, or was given up; lost: nothing came; erased: its user was. */
  readonly state: 'uploading' | 'complete' | 'partial' | 'lost' | 'erased';
}

export interface Recording {
  readonly id: string;
  readonly workspace: {
    readonly id: string;
  };
  readonly call: {
    readonly id: string;
  };
  readonly externalId: string | null;
  /** recording: it is on; uploading: it is over, and parts are under way; completed: all parts are whole; partly, failed: some, or all, of them did not come in time. */
  readonly state: 'recording' | 'uploading' | 'completed' | 'partly' | 'failed';
  /** The attendee who started it; null: this API did. */
  readonly startedBy: {
    readonly id: string;
  } | null;
  readonly startedAt: number;
  readonly stoppedAt: number | null;
  /** When it was known which of its parts are whole. */
  readonly settledAt: number | null;
  /** All parts in one file; null where the server makes none, or not yet. */
  readonly film: {
    /** waiting: its turn has not come yet, or it is tried again; failed: it is not tried again. */
    readonly state: 'waiting' | 'composing' | 'complete' | 'failed';
    readonly mimeType: string;
    /** When its first picture was. */
    readonly startedAt: number | null;
    readonly durationSeconds: number | null;
    readonly bytes: number | null;
    /** In hexadecimal, once it is complete. */
    readonly sha256: string | null;
    /** Why there is none yet. */
    readonly problem: string | null;
  } | null;
}

export interface Node {
  /** Another one each time that the node starts. */
  readonly id: string;
  /** Whether it said anything of itself within a second. */
  readonly isAnswering: boolean;
  readonly host?: string | undefined;
  readonly version?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly connections?: number | undefined;
  readonly seats?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly isReady?: boolean | undefined;
}

export interface FailedPair {
  readonly at: number;
  readonly workspace: {
    readonly id: string;
  };
  /** Who reported it. */
  readonly attendee: {
    readonly id: string;
  };
  readonly peer: {
    readonly id: string;
  };
  readonly route: string | null;
  readonly reason: string | null;
  /** The rules of ice_candidate_filter by which candidates of the attendee were left out. */
  readonly leftOut: readonly string[];
  /** When it connected after all. */
  readonly connectedAt: number | null;
}

/** A method for each operation of the REST API. */
export abstract class Operations {
  protected abstract ask<Answer>(asked: Asked): Promise<Answer>;

  protected abstract list<Item>(asked: Omit<Asked, 'method'>): Pages<Item>;

  /**
   * Creates a workspace, and makes the links for its guests and for its owner.
   * Needs a key with the scope `write`.
   * @throws MeshServerError EXTERNAL_ID_TAKEN
   */
  createWorkspace(
    body: {
      readonly name?: string | undefined;
      readonly pin?: string | undefined;
      readonly capacity?: number | undefined;
      readonly admission?: 'open' | 'ask' | undefined;
      readonly callMinutes?: number | undefined;
      readonly owner: {
        readonly user?:
          | {
              readonly id: string;
            }
          | undefined;
        readonly name?: string | undefined;
      };
      readonly externalId?: string | undefined;
      /** Texts by names of letters, digits and . : _ -, 4096 bytes of JSON at the most. */
      readonly metadata?: { readonly [name: string]: string } | undefined;
    },
    options: PostOptions = {},
  ): Promise<{
    readonly workspace: Workspace;
    readonly invitation: Link;
    readonly owner: Link;
  }> {
    return this.ask({ method: 'POST', path: ['workspaces'], body, options });
  }

  /**
   * Lists the workspaces that exist, the newest first.
   * Needs a key with the scope `read`.
   */
  listWorkspaces(
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
      readonly externalId?: string | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Workspace> {
    return this.list({ path: ['workspaces'], query, options });
  }

  /**
   * Shows a workspace.
   * Needs a key with the scope `read`.
   * @throws MeshServerError WORKSPACE_GONE
   */
  getWorkspace(
    workspaceId: string,
    options: RequestOptions = {},
  ): Promise<{
    readonly workspace: Workspace;
  }> {
    return this.ask({ method: 'GET', path: ['workspaces', workspaceId], options });
  }

  /**
   * Changes a workspace. Seats stay; metadata is replaced as a whole, and null takes the PIN, the capacity or the limit of its calls away. With admission 'open' those who wait enter while there are seats. A call that is on ends earlier or later by another limit.
   * Needs a key with the scope `write`.
   * @throws MeshServerError WORKSPACE_GONE
   */
  updateWorkspace(
    workspaceId: string,
    body: {
      readonly name?: string | undefined;
      readonly pin?: string | null | undefined;
      readonly capacity?: number | null | undefined;
      readonly admission?: 'open' | 'ask' | undefined;
      readonly callMinutes?: number | null | undefined;
      /** Texts by names of letters, digits and . : _ -, 4096 bytes of JSON at the most. */
      readonly metadata?: { readonly [name: string]: string } | undefined;
    },
    options: ConditionalOptions = {},
  ): Promise<{
    readonly workspace: Workspace;
  }> {
    return this.ask({ method: 'PATCH', path: ['workspaces', workspaceId], body, options });
  }

  /**
   * Closes a workspace for everybody, and ends its call.
   * Needs a key with the scope `write`.
   * @throws MeshServerError WORKSPACE_GONE
   */
  closeWorkspace(workspaceId: string, options: ConditionalOptions = {}): Promise<void> {
    return this.ask({ method: 'DELETE', path: ['workspaces', workspaceId], options });
  }

  /**
   * Makes a link: for guests, who need the PIN as ever; or for one user, who needs none, until `expiresAt` or until the owner removes that user. Renewing the guests' invitation leaves the links of users alone.
   * Needs a key with the scope `write`.
   * @throws MeshServerError WORKSPACE_GONE, CONFLICT
   */
  createInvitation(
    workspaceId: string,
    body: {
      /** The link opens the workspace where this user is signed in, and nowhere else. */
      readonly user?:
        | {
            readonly id: string;
          }
        | undefined;
      /** When the link ends, in ms since the epoch. Renewing the invitation ends it for guests. */
      readonly expiresAt?: number | undefined;
    },
    options: PostOptions = {},
  ): Promise<Link> {
    return this.ask({ method: 'POST', path: ['workspaces', workspaceId, 'invitations'], body, options });
  }

  /**
   * Invites a user, or rings that user, in the name of the owner. The same invite again is the one that is open.
   * Needs a key with the scope `write`.
   * @throws MeshServerError WORKSPACE_GONE, NO_SUCH_USER, CONFLICT
   */
  createInvite(
    workspaceId: string,
    body: {
      readonly user: {
        readonly id: string;
      };
      readonly ring?: boolean | undefined;
      readonly media?: 'audio' | 'video' | undefined;
    },
    options: PostOptions = {},
  ): Promise<{
    readonly invite: Invite;
  }> {
    return this.ask({ method: 'POST', path: ['workspaces', workspaceId, 'invites'], body, options });
  }

  /**
   * Lists the attendees of a workspace.
   * Needs a key with the scope `read`.
   * @throws MeshServerError WORKSPACE_GONE
   */
  listAttendees(
    workspaceId: string,
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Attendee> {
    return this.list({ path: ['workspaces', workspaceId, 'attendees'], query, options });
  }

  /**
   * Removes an attendee, as the owner can. Everybody hears of it.
   * Needs a key with the scope `write`.
   * @throws MeshServerError WORKSPACE_GONE, NO_SUCH_ATTENDEE, INVALID_PAYLOAD
   */
  removeAttendee(workspaceId: string, attendeeId: string, options: RequestOptions = {}): Promise<void> {
    return this.ask({ method: 'DELETE', path: ['workspaces', workspaceId, 'attendees', attendeeId], options });
  }

  /**
   * Lists calls, those first that began last.
   * Needs a key with the scope `read`.
   */
  listCalls(
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
      readonly status?: 'active' | 'ended' | undefined;
      /** Calls that ended since then; of those that are on, the ones that began since then. */
      readonly since?: number | null | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Call> {
    return this.list({ path: ['calls'], query, options });
  }

  /**
   * Shows a call, also long after its end.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NO_CALL
   */
  getCall(
    callId: string,
    options: RequestOptions = {},
  ): Promise<{
    readonly call: Call;
  }> {
    return this.ask({ method: 'GET', path: ['calls', callId], options });
  }

  /**
   * Ends a call for everybody, as if the owner had hung up. A call that has ended stays as it is.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NO_CALL
   */
  endCall(
    callId: string,
    options: PostOptions = {},
  ): Promise<{
    readonly call: Call;
  }> {
    return this.ask({ method: 'POST', path: ['calls', callId, 'end'], options });
  }

  /**
   * Has a call end so many seconds later than it would. One without a limit stays as it is.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NO_CALL
   */
  extendCall(
    callId: string,
    body: {
      readonly seconds: number;
    },
    options: PostOptions = {},
  ): Promise<{
    readonly call: Call;
  }> {
    return this.ask({ method: 'POST', path: ['calls', callId, 'extend'], body, options });
  }

  /**
   * Signs a user token, with which a page signs its user in.
   * Needs a key with the scope `write`.
   * @throws MeshServerError CONFLICT
   */
  createUserToken(
    body: {
      readonly sub: string;
      readonly name: string;
      readonly picture?: string | undefined;
      readonly mesh?:
        | {
            readonly workspace?: string | undefined;
            readonly role?: 'owner' | 'attendee' | undefined;
            readonly consultation?: string | undefined;
            readonly admission?: 'bypass' | undefined;
            readonly record?: boolean | undefined;
          }
        | undefined;
      /** It is looked at once, at the sign-in. 600 if nothing is said. */
      readonly ttlSeconds?: number | undefined;
    },
    options: PostOptions = {},
  ): Promise<{
    readonly token: string;
  }> {
    return this.ask({ method: 'POST', path: ['user-tokens'], body, options });
  }

  /**
   * Lists what a user has missed, the latest first. Nothing counts as seen by it.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NO_SUCH_USER
   */
  listInbox(
    sub: string,
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<InboxItem> {
    return this.list({ path: ['users', sub, 'inbox'], query, options });
  }

  /**
   * Erases a user: name and picture everywhere, the inbox, and what was recorded of the user. The id stays, by which calls are billed. A user who has not been here is erased too.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NO_SUCH_USER
   */
  eraseUser(
    sub: string,
    query: {
      /** true: also the user's chat messages. */
      readonly messages?: boolean | undefined;
    } = {},
    options: RequestOptions = {},
  ): Promise<void> {
    return this.ask({ method: 'DELETE', path: ['users', sub], query, options });
  }

  /**
   * Has events sent to a public https URL from now on.
   * Needs a key with the scope `write`.
   * @throws MeshServerError CONFLICT
   */
  createWebhook(
    body: {
      readonly url: string;
      /** Of workspace.created, workspace.closed, attendee.joined, attendee.left, attendee.kicked, attendee.waiting, call.started, call.participant_joined, call.participant_left, call.ending, call.ended, call.missed, consultation.opened, consultation.closed, message.posted, recording.started, recording.consent, recording.stopped, recording.completed, recording.failed, webhook.test. null: all but message.posted. */
      readonly types?: readonly string[] | null | undefined;
      /** whsec_ and base64. The server makes one otherwise. */
      readonly secret?: string | undefined;
    },
    options: PostOptions = {},
  ): Promise<{
    readonly webhook: Webhook;
    readonly secret: string;
  }> {
    return this.ask({ method: 'POST', path: ['webhooks'], body, options });
  }

  /**
   * Lists the webhooks, those of the configuration too.
   * Needs a key with the scope `read`.
   */
  listWebhooks(
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Webhook> {
    return this.list({ path: ['webhooks'], query, options });
  }

  /**
   * Shows a webhook, without its secret.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NOT_FOUND
   */
  getWebhook(
    webhookId: string,
    options: RequestOptions = {},
  ): Promise<{
    readonly webhook: Webhook;
  }> {
    return this.ask({ method: 'GET', path: ['webhooks', webhookId], options });
  }

  /**
   * Changes a webhook. `disabled: false` enables one that said 410.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NOT_FOUND, CONFLICT
   */
  updateWebhook(
    webhookId: string,
    body: {
      readonly url?: string | undefined;
      /** Of workspace.created, workspace.closed, attendee.joined, attendee.left, attendee.kicked, attendee.waiting, call.started, call.participant_joined, call.participant_left, call.ending, call.ended, call.missed, consultation.opened, consultation.closed, message.posted, recording.started, recording.consent, recording.stopped, recording.completed, recording.failed, webhook.test. null: all but message.posted. */
      readonly types?: readonly string[] | null | undefined;
      readonly disabled?: boolean | undefined;
    },
    options: RequestOptions = {},
  ): Promise<{
    readonly webhook: Webhook;
  }> {
    return this.ask({ method: 'PATCH', path: ['webhooks', webhookId], body, options });
  }

  /**
   * Removes a webhook with all its deliveries.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NOT_FOUND, CONFLICT
   */
  deleteWebhook(webhookId: string, options: RequestOptions = {}): Promise<void> {
    return this.ask({ method: 'DELETE', path: ['webhooks', webhookId], options });
  }

  /**
   * Gives a webhook a new secret. For 24 hours the former one signs too.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NOT_FOUND, CONFLICT
   */
  rotateWebhookSecret(
    webhookId: string,
    options: PostOptions = {},
  ): Promise<{
    readonly secret: string;
  }> {
    return this.ask({ method: 'POST', path: ['webhooks', webhookId, 'rotate-secret'], options });
  }

  /**
   * Sends webhook.test to a webhook.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NOT_FOUND, CONFLICT
   */
  testWebhook(
    webhookId: string,
    options: PostOptions = {},
  ): Promise<{
    readonly delivery: Delivery;
  }> {
    return this.ask({ method: 'POST', path: ['webhooks', webhookId, 'test'], options });
  }

  /**
   * Lists the deliveries of a webhook, the latest first.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NOT_FOUND
   */
  listDeliveries(
    webhookId: string,
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
      /** failed: the last attempt did, or there is no further one. */
      readonly status?: 'pending' | 'delivered' | 'failed' | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Delivery> {
    return this.list({ path: ['webhooks', webhookId, 'deliveries'], query, options });
  }

  /**
   * Sends a delivery again at once, whatever has become of it.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NOT_FOUND
   */
  retryDelivery(
    webhookId: string,
    eventId: string,
    options: PostOptions = {},
  ): Promise<{
    readonly delivery: Delivery;
  }> {
    return this.ask({ method: 'POST', path: ['webhooks', webhookId, 'deliveries', eventId, 'retry'], options });
  }

  /**
   * Opens a consultation of a provider with clients, who are invited at once or at their next sign-in. The same externalId again is the same consultation, with links of its own.
   * Needs a key with the scope `write`.
   * @throws MeshServerError CONSULTATION_CLOSED, NO_SUCH_CONSULTATION, EXTERNAL_ID_TAKEN
   */
  openConsultation(
    body: {
      readonly externalId?: string | undefined;
      readonly subject?: string | undefined;
      readonly provider: {
        readonly id: string;
        readonly name: string;
      };
      readonly clients?:
        | readonly {
            readonly id: string;
            readonly name: string;
          }[]
        | undefined;
      readonly callMinutes?: number | undefined;
      readonly admission?: 'open' | 'ask' | undefined;
    },
    options: PostOptions = {},
  ): Promise<{
    readonly consultation: Consultation;
    readonly invitation: Link;
    readonly owner: Link;
  }> {
    return this.ask({ method: 'POST', path: ['consultations'], body, options });
  }

  /**
   * Lists consultations, those first that were opened last.
   * Needs a key with the scope `read`.
   */
  listConsultations(
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
      readonly status?: 'open' | 'closed' | undefined;
      readonly externalId?: string | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Consultation> {
    return this.list({ path: ['consultations'], query, options });
  }

  /**
   * Shows a consultation.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NO_SUCH_CONSULTATION
   */
  getConsultation(
    consultationId: string,
    options: RequestOptions = {},
  ): Promise<{
    readonly consultation: Consultation;
  }> {
    return this.ask({ method: 'GET', path: ['consultations', consultationId], options });
  }

  /**
   * Closes a consultation and its workspace. Its chat and its times stay. One that is closed stays as it is.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NO_SUCH_CONSULTATION
   */
  closeConsultation(
    consultationId: string,
    options: PostOptions = {},
  ): Promise<{
    readonly consultation: Consultation;
  }> {
    return this.ask({ method: 'POST', path: ['consultations', consultationId, 'close'], options });
  }

  /**
   * Lists the chat of a consultation, the latest message first.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NO_SUCH_CONSULTATION
   */
  listConsultationMessages(
    consultationId: string,
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Message> {
    return this.list({ path: ['consultations', consultationId, 'messages'], query, options });
  }

  /**
   * Starts a recording of the call in a workspace. People are recorded once they agree. One that is on already is the answer.
   * Needs a key with the scope `write`.
   * @throws MeshServerError WORKSPACE_GONE, CONFLICT, NO_RECORDING
   */
  startRecording(
    workspaceId: string,
    options: PostOptions = {},
  ): Promise<{
    readonly recording: RecordingDetails;
  }> {
    return this.ask({ method: 'POST', path: ['workspaces', workspaceId, 'recordings'], options });
  }

  /**
   * Lists recordings, those first that began last.
   * Needs a key with the scope `read`.
   */
  listRecordings(
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
      readonly workspace?: string | undefined;
      readonly state?: 'recording' | 'uploading' | 'completed' | 'partly' | 'failed' | undefined;
      /** Those that began since then. */
      readonly since?: number | null | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<Recording> {
    return this.list({ path: ['recordings'], query, options });
  }

  /**
   * Shows a recording with its parts, and who has agreed to be recorded.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NO_RECORDING
   */
  getRecording(
    recordingId: string,
    options: RequestOptions = {},
  ): Promise<{
    readonly recording: RecordingDetails;
  }> {
    return this.ask({ method: 'GET', path: ['recordings', recordingId], options });
  }

  /**
   * Ends a recording. Parts that were begun are still uploaded. One that is over stays as it is.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NO_RECORDING
   */
  stopRecording(
    recordingId: string,
    options: PostOptions = {},
  ): Promise<{
    readonly recording: RecordingDetails;
  }> {
    return this.ask({ method: 'POST', path: ['recordings', recordingId, 'stop'], options });
  }

  /**
   * Ends a recording, and deletes it with all its parts and who agreed to it.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NO_RECORDING, CONFLICT
   */
  deleteRecording(recordingId: string, options: RequestOptions = {}): Promise<void> {
    return this.ask({ method: 'DELETE', path: ['recordings', recordingId], options });
  }

  /**
   * Hands out the bytes of a part, or those that the header Range asks for; of one that is not whole, those that have come.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NO_RECORDING, CONFLICT, RANGE_NOT_SATISFIABLE
   */
  getRecordingPart(recordingId: string, n: number, options: FileOptions = {}): Promise<Response> {
    return this.ask({ method: 'GET', path: ['recordings', recordingId, 'parts', n], options, isFile: true });
  }

  /**
   * Gives up a part that is not whole, of a recording that is over: it stays as far as it came, as partial or lost, and nothing waits for the rest. One that is given up already stays as it is.
   * Needs a key with the scope `write`.
   * @throws MeshServerError NO_RECORDING, CONFLICT
   */
  giveUpRecordingPart(recordingId: string, n: number, options: RequestOptions = {}): Promise<void> {
    return this.ask({ method: 'DELETE', path: ['recordings', recordingId, 'parts', n], options });
  }

  /**
   * Hands out the film of a recording: all parts in one file, or the bytes that the header Range asks for.
   * Needs a key with the scope `read`.
   * @throws MeshServerError NO_RECORDING, CONFLICT, RANGE_NOT_SATISFIABLE
   */
  getRecordingFilm(recordingId: string, options: FileOptions = {}): Promise<Response> {
    return this.ask({ method: 'GET', path: ['recordings', recordingId, 'film'], options, isFile: true });
  }

  /**
   * Lists the nodes that live, and what each says of itself.
   * Needs a key with the scope `admin`.
   */
  listNodes(options: RequestOptions = {}): Pages<Node> {
    return this.list({ path: ['nodes'], options });
  }

  /**
   * Lists the pairs of attendees that could not connect, as clients reported it: the latest 200 of each node.
   * Needs a key with the scope `admin`.
   */
  listFailedPairs(
    query: {
      /** How many items at the most. More than 200 count as 200. */
      readonly limit?: number | undefined;
      /** The nextCursor of the page before. It goes with the same filters alone. */
      readonly cursor?: string | undefined;
    } = {},
    options: RequestOptions = {},
  ): Pages<FailedPair> {
    return this.list({ path: ['failed-pairs'], query, options });
  }
}
