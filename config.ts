/**
 * The settings that are no secrets: this file is safe to commit. Secrets belong into the environment or into the file
 * .env (see .env.sample).
 *
 * An environment variable overrides each setting. Its name is that of the setting in capitals, with underscores between
 * the words: MAX_CAPACITY_OF_WORKSPACE, CALL_CONTROL, HTTPS_KEY. `npm run docs` makes the table in docs/settings.md from
 * the comments here.
 */
const config = {
  /** Separates workspace id and PIN in the text that the server hashes. A change makes every PIN in a JSON store wrong. */
  tokenDelimiter: ':',

  /** Characters of an id after its underscore, 8 to 18. 10 hold 60 random bits; more make links longer. */
  WORKSPACE_ID_LEN: 10,

  /** Name of a workspace whose creator gave none. Change it to your language. */
  untitled_workspace: 'Anonymous Workspace',

  /** Avatar of a workspace whose creator gave none: a URL or data URI. Empty: clients show their own. */
  default_workspace_avatar: '',

  /** Name of an attendee who gave none. Change it to your language. */
  anonymous_attendee: 'Anonymous',

  /** Avatar of an attendee who gave none: a URL or data URI. Empty: clients show their own. */
  default_attendee_avatar: '',

  https: {
    /** Path of the private key (PEM) for ENABLE_HTTPS=true. */
    key: '',
    /** Path of the certificate (PEM) for ENABLE_HTTPS=true. */
    cert: '',
    /** Path of the chain of authorities (PEM). Empty: the server sends its certificate alone. */
    ca: '',
  },

  /** URL path of the page and of Socket.IO, with a slash at both ends. Set it to /calls/ behind a proxy that passes the whole path on; leave it at / behind a proxy that strips its part. */
  base_path: '/',

  /** JSON file that keeps workspaces over a restart, with a journal beside it while the server runs; a name without a folder goes under storage/. Empty: memory only, and a restart forgets all workspaces. */
  json_storage_file: '',

  /** Prefix of the keys in Redis. Give each cluster of servers its own prefix when several clusters share one Redis. */
  redis_prefix: 'mesh',

  /** Seconds that the server waits for an answer of Redis; then it tells the client to try again. */
  redis_timeout_seconds: 0.4,

  /** Seconds after which a node that stops reporting to Redis counts as dead, and its seats as disconnected. */
  node_lease_seconds: 10,

  /** Seats of a workspace, the owner's included. In a mesh everybody sends to everybody: 3 are comfortable with video, 5 work on good lines, 10 with audio only. */
  max_capacity_of_workspace: 5,

  /** Access to ring and hangup: 'owner', or 'participants' (everybody on the owner's call may ring others into it), which clients of webRTCWorkspaces need for calls of more than two. */
  callControl: 'owner',

  /** People who may wait in the waiting room of a workspace at a time; further ones are told that it is full. */
  max_waiting: 20,

  /** Seconds that a seat outlives its lost connection. 20 cover a change of network or a reload; a longer time shows people who have left for longer. Time in which the server could not hear anybody does not count. */
  seat_grace_seconds: 20,

  /** Seconds until a ring counts as unanswered. Telephones take 45. */
  ring_timeout_seconds: 45,

  /** Minutes that a call may last from the moment at which two are connected; then the server ends it for everybody. 0: no limit. */
  max_call_minutes: 0,

  /** So many seconds before its end the participants of a call are warned, with commas in between. Empty: no warnings. */
  call_warning_seconds: '300,60',

  /** Hours after which the server forgets a workspace with nobody connected. Raise it if people use their links again on another day. */
  workspace_idle_hours: 24,

  /** Hours that an access token lives. Clients of webRTCWorkspaces never renew theirs, so keep it above your longest session. */
  access_token_hours: 24,

  /** Days that an invitation lives; the server renews it when half of them are over. */
  invitation_days: 30,

  /** Days that calls, events, inbox items and names of users are kept in the records; 0: for ever. */
  records_days: 365,

  /** Folder of the recordings of calls. Nodes that share a Redis need one that they share too. Empty: nobody can record. */
  recordings_dir: '',

  /** Days that a browser has to upload its parts, from the end of their recording. */
  recording_upload_days: 7,

  /** Days that recordings are kept; 0: for ever. */
  recording_days: 365,

  /** Megabytes that all parts of one recording may take together. An hour of one person takes about 1,100 at 2.5 Mbit/s. */
  max_recording_megabytes: 20_000,

  /** Megabytes that uploads and films leave free on the disk of the recordings. */
  recording_free_megabytes: 1_000,

  /** Whether each recording becomes one film when all its parts are there: true or false. It needs ffmpeg, which works at a low priority. */
  recording_compose: false,

  /** Seconds that TURN credentials live; with Twilio, better no less than 3,600. 12 hours outlast any call; a shorter life makes stolen credentials worth less. */
  turn_credential_seconds: 43_200,

  /** Seconds that the server waits for Twilio's answer. */
  twilio_timeout_seconds: 5,

  /** Bytes of one command. Offers with many tracks have 10 to 20 kB; avatars in data URIs count too. */
  max_payload_bytes: 65_536,

  /** Bytes that may wait for a client that does not read; above that the server closes the connection, and the seat has its grace time. Keep it well above max_payload_bytes. */
  max_unread_bytes: 1_048_576,

  /** Workspaces that the server holds at a time; for another one, the server deletes one that nobody but its creator ever used and where nobody is; without such a one it tells the client to try later. Nodes that share a Redis each count all workspaces, and agree within two seconds. A workspace takes 2 to 75 kB of memory, and with a JSON store up to three times its text on the disk. */
  max_workspaces: 100_000,

  /** Workspaces that one address may create in a minute; as many may come at once. Behind a proxy that TRUST_PROXY does not name, all clients have the proxy's address. */
  creates_per_minute: 60,

  /** Requests that a key of the REST API may send in a minute; as many may come at once. */
  api_requests_per_minute: 6_000,

  /** Characters of a name. */
  max_name_length: 100,

  /** Characters of an avatar. Everybody in a workspace gets the avatars of all, so prefer a URL to a picture. */
  max_avatar_length: 8_192,

  /** Characters (code points) of a chat message. */
  max_message_length: 4_000,

  /** Commands that a connection may send in a second; as many may come at once. A burst of 100 candidates is normal. */
  commands_per_second: 500,

  /** Users who can sign in: 'tokens' (your system signs, docs/users.md), 'open' (a directory in which everybody may claim a free name), '' (nobody), or 'auto' (open in DEVELOPMENT without Redis, else nobody). */
  users: 'auto',

  /** Minutes that a name of the open directory stays with its holder when the holder's last connection is gone. */
  registration_minutes: 10,

  /** New names of the open directory that one address may take in a minute; as many may come at once. Each takes a row of the records. */
  names_per_minute: 12_000,

  /** ICE candidates that are left out of what clients send each other, with commas in between: 'mdns' (names that end with .local), 'link-local' (169.254.0.0/16, fe80::/10), 'ipv6', and networks such as 10.8.0.0/16. Empty: none. */
  ice_candidate_filter: '',

  /** Path of offers, answers and candidates: 'short', past Socket.IO, or 'ordinary', through Socket.IO, at three times the cost. Set it to 'ordinary' if you suspect a fault of the short path. */
  relay_path: 'short',

  /** Wrong PINs from one address until the server locks it out of a workspace. */
  pin_attempts: 5,

  /** Seconds of the first lock-out; each further one within a day is twice as long, up to an hour. */
  pin_lockout_seconds: 30,

  /** Wrong PINs for one workspace in an hour, from all addresses together; then everybody waits except seated people and the owner. */
  pin_attempts_per_hour: 30,

  /** Broken links that one address may try in a minute. */
  broken_links_per_minute: 120,

  /** Cost of bcrypt: each step doubles the time of a PIN check (10 takes about 50 ms). */
  bcrypt_cost: 10,

  /** PIN checks computed at the same time, each in a thread with 9 MB of memory; on Linux the threads give way to calls. More checks than the machine has cores are no faster. */
  pin_checks_at_once: 2,

  /** PIN checks that may wait; the server refuses further ones and tells the client to try again. */
  pin_checks_waiting: 300,

  /** Connections without a seat that one address may have; each takes about 20 kB of memory. Behind a proxy that TRUST_PROXY does not name, all clients have the proxy's address. */
  seatless_connections_per_address: 12_000,

  /** TCP connections that may wait until the server takes them, when many come at once after a restart. The kernel allows no more than net.core.somaxconn, 4,096 on most machines. */
  listen_backlog: 16_384,

  /** Seconds that a new connection has for its first command, and every connection for one HTTP request or one TLS handshake. */
  first_command_seconds: 30,

  /** Seconds between two heartbeats, and until the answer to each: the server notices a dead network within twice that. */
  heartbeat_seconds: 10,

  /** Seconds that an orderly stop may take before the server cuts it short. */
  shutdown_seconds: 10,
};

export default config;
