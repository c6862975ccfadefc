/** Whether this server records calls. It writes that into the document of the page. */
export function offersRecordings(): boolean {
  return document.querySelector<HTMLMetaElement>('meta[name="recordings"]')?.content === 'on';
}
