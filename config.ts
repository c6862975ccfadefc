/**
 * What can be set and is no secret: safe to commit. Secrets are in the environment, or in the file .env (see
 * .env.sample).
 *
 * Each of these can be overridden by an environment variable of its name in capitals, words parted by underscores:
 * MAX_CAPACITY_OF_WORKSPACE, CALL_CONTROL, HTTPS_KEY. The table in README.md is made from the comments here.
 */
const config = {
  /** Stands between workspace id and PIN in what is hashed. Changing it makes every PIN in a JSON store wrong. */
  tokenDelimiter: ':',

  /** Characters of an id behind its underscore, 8 to 18. 10 hold 60 random bits; more make links longer. */
  WORKSPACE_ID_LEN: 10,

  /** The name of a workspace that was created without one. Change it to your language. */
  untitled_workspace: 'Anonymous Workspace',

  /** The avatar of a workspace that was created without one: a URL or data URI. Empty: clients show their own. */
  default_workspace_avatar: '',

  /** The name of an attendee who gave none. Change it to your language. */
  anonymous_attendee: 'Anonymous',

  /** The avatar of an attendee who gave none: a URL or data URI. Empty: clients show their own. */
  default_attendee_avatar: '',

  https: {
    /** Path of the private key (PEM) when ENABLE_HTTPS is true. */
    key: '',
    /** Path of the certificate (PEM) when ENABLE_HTTPS is true. */
    cert: '',
    /** Path of the chain of authorities (PEM). Empty: none is sent beside the certificate. */
    ca: '',
  },

  /** Where page and Socket.IO lie, with a slash at both ends. Set it to /calls/ behind a proxy that hands the whole path on; leave it where the proxy takes its part away. */
  base_path: '/',

  /** JSON file that keeps workspaces over a restart, with a journal beside it while the server runs; a name without a folder is put under storage/. Empty: memory only, a restart forgets them. */
  json_storage_file: '',

  /** What the keys in Redis begin with. Servers that share one Redis, and are not one, need different ones. */
  redis_prefix: 'mesh',

  /** Seconds that Redis may take to answer; then who asked is told to try again. */
  redis_timeout_seconds: 0.4,

  /** Seconds after which a node that does not report to Redis any more counts as dead, and its seats as disconnected. */
  node_lease_seconds: 10,

  /** Seats of a workspace, the owner's included. In a mesh everybody sends to everybody: 3 are comfortable with video, 5 work on good lines, 10 with audio only. */
  max_capacity_of_workspace: 5,

  /** Who rings and hangs up: 'owner', or 'participants' (whoever is on the owner's call may ring others into it), which clients of webRTCWorkspaces need for calls of more than two. */
  callControl: 'owner',

  /** Seconds a lost connection keeps its seat. 20 cover a change of network or a reload; longer means ghosts stay longer. */
  seat_grace_seconds: 20,

  /** Seconds until a ring counts as unanswered. 45 is what telephones do. */
  ring_timeout_seconds: 45,

  /** Hours after which a workspace with nobody connected is forgotten. Raise it for links that are used again on another day. */
  workspace_idle_hours: 24,

  /** Hours an access token lives. Clients of webRTCWorkspaces never renew theirs, so keep it above your longest session. */
  access_token_hours: 24,

  /** Days an invitation lives; it is renewed by itself when half of them are over. */
  invitation_days: 30,

  /** Seconds that TURN credentials live. 12 hours outlast any call; shorter makes stolen ones worth less. */
  turn_credential_seconds: 43_200,

  /** Seconds to wait for Twilio's answer. */
  twilio_timeout_seconds: 5,

  /** Bytes of one command. Offers with many tracks have 10 to 20 kB; avatars in data URIs count too. */
  max_payload_bytes: 65_536,

  /** Bytes that may wait for a client that does not read them; then its connection is closed, and its seat has its grace time. Keep it well above max_payload_bytes. */
  max_unread_bytes: 1_048_576,

  /** Workspaces that the server holds at a time; who creates another one is told to try later. Nodes that share a Redis count for themselves, and agree within two seconds. Each takes 2 to 75 kB of memory, and with a JSON store up to three times its text of the disk. */
  max_workspaces: 100_000,

  /** Characters of a name. */
  max_name_length: 100,

  /** Characters of an avatar. Everybody in a workspace gets everybody's, so prefer a URL to a picture. */
  max_avatar_length: 8_192,

  /** Commands a connection may send in a second; as many may come at once. A burst of 100 candidates is normal. */
  commands_per_second: 500,

  /** How offers, answers and candidates go: 'short', past Socket.IO, or 'ordinary', through it, at three times the cost. Set it to 'ordinary' if you suspect the short one. */
  relay_path: 'short',

  /** Wrong PINs from one address before it is locked out of a workspace. */
  pin_attempts: 5,

  /** Seconds of the first lock-out; each further one within a day is twice as long, up to an hour. */
  pin_lockout_seconds: 30,

  /** Wrong PINs for one workspace in an hour from all addresses together; then everybody waits but those who are seated, and the owner. */
  pin_attempts_per_hour: 30,

  /** Broken links that one address may try in a minute. */
  broken_links_per_minute: 120,

  /** Cost of bcrypt: each step doubles the time of a PIN check (10 takes about 50 ms). */
  bcrypt_cost: 10,

  /** PIN checks computed at the same time, each in a thread with 9 MB of memory; on Linux they give way to calls. More than the machine has cores is no faster. */
  pin_checks_at_once: 2,

  /** PIN checks that may wait; further ones are told to try again. */
  pin_checks_waiting: 300,

  /** Connections without a seat that one address may have; each takes about 20 kB of memory. Behind a proxy that is not in TRUST_PROXY everybody has one address. */
  seatless_connections_per_address: 12_000,

  /** Seconds a new connection has for its first command, and any for one request of HTTP or a handshake of TLS. */
  first_command_seconds: 30,

  /** Seconds between two heartbeats, and how long each may take: a dead network is noticed within twice that. */
  heartbeat_seconds: 10,

  /** Seconds an orderly stop may take before it is cut short. */
  shutdown_seconds: 10,
};

export default config;
