const kinds = ['open', 'tokens', ''] as const;

/**
 * Who can sign in on this server: everybody with a free name ('open'), those for whom a host system signs ('tokens'), or
 * nobody (''). The server writes it into the document of the page.
 */
export function signInKind(): (typeof kinds)[number] {
  const said = document.querySelector<HTMLMetaElement>('meta[name="sign-in"]')?.content;
  return kinds.find((kind) => kind === said) ?? '';
}
