/** A group of pages beside the text. Pages are files of this project; their titles are their first headings. */
export interface Group {
  readonly title: string;
  readonly files: readonly string[];
}

export const navigation: readonly Group[] = [
  {
    title: 'A call in your page',
    files: ['README.md', 'docs/embed.md', 'docs/react.md', 'docs/package.md', 'examples/README.md'],
  },
  {
    title: 'Guide',
    files: [
      'docs/guide/join.md',
      'docs/guide/ring.md',
      'docs/guide/devices.md',
      'docs/guide/screen.md',
      'docs/guide/chat.md',
      'docs/guide/consultation.md',
      'docs/guide/recording.md',
      'docs/guide/errors.md',
    ],
  },
  {
    title: 'Reference',
    files: [
      'docs/client.md',
      'docs/reference/recorder.md',
      'docs/reference/react.md',
      'docs/reference/embed.md',
      'docs/reference/server.md',
      'PROTOCOL.md',
    ],
  },
  {
    title: 'From your server',
    files: ['docs/server-sdk.md', 'docs/rest.md', 'docs/webhooks.md'],
  },
  {
    title: 'What it does',
    files: [
      'docs/calls.md',
      'docs/waiting-room.md',
      'docs/users.md',
      'docs/consultations.md',
      'docs/recording.md',
      'docs/languages.md',
    ],
  },
  {
    title: 'Running it',
    files: [
      'docs/deployment.md',
      'docs/settings.md',
      'docs/records.md',
      'docs/nodes.md',
      'docs/metrics.md',
      'docs/admin.md',
      'SECURITY.md',
    ],
  },
  {
    title: 'Figures',
    files: ['docs/performance.md', 'docs/figures.md', 'docs/capacity.md', 'docs/resilience.md'],
  },
  {
    title: 'The project',
    files: ['CHANGELOG.md', 'CONTRIBUTING.md', 'docs/migrating.md'],
  },
];
