import { expect, it } from 'vitest';
import { reacts } from '../support/react-bundle.ts';
import { renderedBy } from '../support/react-server.ts';

it.each(reacts)(
  'With React %i a server renders an application that has no client yet, and connects to nothing',
  async (react) => {
    // Nobody is there, and nobody is asked.
    const html = await renderedBy(react, { url: 'http://127.0.0.1:1', token: 'eyJ', name: 'Bob' });
    expect(html).toContain('<h1>Nowhere</h1>');
    expect(html).toMatch(/<video[^>]*class="own"/);
    expect(html).not.toContain('figure');
  },
);
